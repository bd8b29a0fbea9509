//! What was sent over a connection and is not answered yet, and how rows are shown as they come.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_util::TryStreamExt;
use tokio_postgres::{Client, RowStream, Statement};

use super::session::Session;
use super::values;
use crate::Error;
use crate::engine::{Param, Question, Row};

/// Why there is no answer, or none that is of use.
pub(super) enum Failed {
    /// The server or the connection said so.
    Told(tokio_postgres::Error),
    /// Nothing was heard for too long.
    Silent,
    /// Another number of rows was changed than had to be.
    Unexpected,
    /// Whoever is shown the rows cannot go on.
    Own(Error),
}

type Answer = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send>>;

/// Statements and words on their way, in their order. Each was looked at once, which is what sends it.
#[derive(Default)]
pub(super) struct Flight(Vec<Sent>);

struct Sent {
    answer: Answer,
    /// Its outcome, where the first look showed it.
    outcome: Option<Result<u64, tokio_postgres::Error>>,
    /// How many rows it must change.
    rows: Option<u64>,
}

impl Flight {
    /// Sends words that frame transactions.
    pub(super) fn words(&mut self, session: &Session, words: &str) {
        let (client, words) = (session.client().clone(), words.to_owned());
        let answer = Box::pin(async move { client.batch_execute(&words).await.map(|()| 0) });
        self.take(session, answer, None);
    }

    /// Sends a statement that must change so many rows, or any number.
    pub(super) fn statement(
        &mut self,
        session: &Session,
        statement: Statement,
        params: &[Param<'_>],
        rows: Option<u64>,
    ) -> Result<(), Error> {
        let params = values::encoded(&statement, params)?;
        let client = session.client().clone();
        let answer = Box::pin(async move { client.execute_raw(&statement, params).await });
        self.take(session, answer, rows);
        Ok(())
    }

    fn take(&mut self, session: &Session, mut answer: Answer, rows: Option<u64>) {
        let outcome = session.block_on(look(answer.as_mut())).flatten();
        self.0.push(Sent { answer, outcome, rows });
    }

    /// Whether any of it must change a certain number of rows.
    pub(super) fn expects(&self) -> bool {
        self.0.iter().any(|sent| sent.rows.is_some())
    }

    /// Waits for all of it. What went wrong first is told.
    pub(super) async fn land(&mut self) -> Result<(), Failed> {
        let mut first = Ok(());
        for sent in self.0.drain(..) {
            let answer = match sent.outcome {
                Some(outcome) => outcome,
                None => sent.answer.await,
            };
            let seen = match answer {
                Err(error) => Err(Failed::Told(error)),
                Ok(rows) if sent.rows.is_some_and(|wanted| wanted != rows) => Err(Failed::Unexpected),
                Ok(_) => Ok(()),
            };
            first = first.and(seen);
        }
        first
    }
}

/// Looks once whether there is an outcome.
async fn look<T>(mut future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Option<T> {
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        })
    })
    .await
}

/// Shows rows as they come, so that an answer of any length takes the same memory.
pub(super) async fn show(
    client: &Client,
    statement: &Statement,
    params: &[Param<'_>],
    each: &mut dyn FnMut(&dyn Row) -> Result<(), Error>,
) -> Result<(), Failed> {
    let rows = client.query_raw(statement, params.iter().copied()).await.map_err(Failed::Told)?;
    show_rows(rows, each).await
}

/// The same for several questions that are all asked before the first answer comes.
pub(super) async fn show_all(
    client: &Client,
    statements: &[Statement],
    questions: &[Question<'_>],
    each: &mut dyn FnMut(usize, &dyn Row) -> Result<(), Error>,
) -> Result<(), Failed> {
    let mut asked = Vec::with_capacity(questions.len());
    for (statement, question) in statements.iter().zip(questions) {
        let mut answer = Box::pin(client.query_raw(statement, question.params.iter().copied()));
        let outcome = look(answer.as_mut()).await;
        asked.push((answer, outcome));
    }
    for (place, (answer, outcome)) in asked.into_iter().enumerate() {
        let rows = match outcome {
            Some(outcome) => outcome,
            None => answer.await,
        };
        show_rows(rows.map_err(Failed::Told)?, &mut |row| each(place, row)).await?;
    }
    Ok(())
}

async fn show_rows(
    rows: RowStream,
    each: &mut dyn FnMut(&dyn Row) -> Result<(), Error>,
) -> Result<(), Failed> {
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await.map_err(Failed::Told)? {
        each(&row).map_err(Failed::Own)?;
    }
    Ok(())
}
