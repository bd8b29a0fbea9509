//! The one connection that listens: PostgreSQL tells it of every commit, on whichever replica, that wrote to the journal.
//! It stands beside the pool, so that neither has to wait for the other. When it is lost it is opened again, and whoever waits
//! for signs gets one, since some may have been missed.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client};

use super::connection::{Door, Driver};
use super::failure;
use crate::Error;
use crate::changes::Signs;
use crate::limits::{LISTENER_LOOKS_EVERY, LISTENER_PATIENCE, LISTENER_REST, LISTENER_REST_MAX};

/// Tells whoever listens, once the transaction that says it has committed.
pub(super) const TELL: &str = "NOTIFY tiltyard_journal";
const LISTEN: &str = "LISTEN tiltyard_journal";

/// Listens as long as it is there.
pub(super) struct Listener {
    /// What was asked on, if there is a connection now.
    client: Arc<Mutex<Option<Arc<Client>>>>,
    task: AbortHandle,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listener {
    /// Begins to listen.
    pub(super) async fn start(door: Arc<Door>, signs: Signs) -> Self {
        let first = connect(&door, &signs).await;
        let client = Arc::new(Mutex::new(first.as_ref().ok().map(|(client, _)| Arc::clone(client))));
        let task = tokio::spawn(listen(first, door, signs, Arc::clone(&client))).abort_handle();
        Self { client, task }
    }

    /// Whether the database answers. Needs no connection of the pool.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match client {
            Some(client) => ask(&client, "").await,
            None => Err(Error::Unavailable("there is no connection that listens for changes".to_owned())),
        }
    }
}

async fn ask(client: &Client, words: &str) -> Result<(), Error> {
    match timeout(LISTENER_PATIENCE, client.simple_query(words)).await {
        Ok(answer) => answer.map(drop).map_err(|error| failure::error(error, true)),
        Err(_) => Err(Error::Unavailable("it does not answer".to_owned())),
    }
}

/// Connects and listens, again and again, with longer rests between attempts that fail.
async fn listen(first: Opened, door: Arc<Door>, signs: Signs, place: Arc<Mutex<Option<Arc<Client>>>>) {
    let put = |client| *place.lock().unwrap_or_else(PoisonError::into_inner) = client;
    let (mut rest, mut is_lost, mut opened) = (LISTENER_REST, false, first);
    loop {
        match opened {
            Ok((client, driven)) => {
                if is_lost {
                    tracing::info!("changes on other replicas are heard again");
                }
                rest = LISTENER_REST;
                put(Some(Arc::clone(&client)));
                // Since it was not listened, anything may have happened.
                signs.give();
                let why = hear(&client, driven).await;
                put(None);
                tracing::warn!(%why, "changes on other replicas are not heard for now");
                is_lost = true;
            }
            Err(why) => {
                if !is_lost {
                    tracing::warn!(%why, "changes on other replicas are not heard for now");
                }
                is_lost = true;
                sleep(rest).await;
                rest = (rest * 2).min(LISTENER_REST_MAX);
            }
        }
        opened = connect(&door, &signs).await;
    }
}

/// The task that drives a connection; it ends with it.
struct Driven(JoinHandle<()>);

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection that listens, or why there is none.
type Opened = Result<(Arc<Client>, Driven), Error>;

async fn connect(door: &Door, signs: &Signs) -> Opened {
    let (client, connection) = door.connect().await?;
    let driven = Driven(tokio::spawn(drive(connection, signs.clone())));
    ask(&client, LISTEN).await?;
    Ok((Arc::new(client), driven))
}

async fn drive(mut connection: Driver, signs: Signs) {
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notification(_) = message {
            signs.give();
        }
    }
}

/// Listens until the connection is lost, and gives why. A database that is gone without a word is found out by asking.
async fn hear(client: &Client, mut driven: Driven) -> Error {
    loop {
        tokio::select! {
            _ = &mut driven.0 => return Error::Unavailable("the connection was cut".to_owned()),
            () = sleep(LISTENER_LOOKS_EVERY) => {
                if let Err(error) = ask(client, "").await {
                    return error;
                }
            }
        }
    }
}
