//! Which server a command talks to and as whom, from flags and the variables that MLflow's own client reads.
//! What is said to the server is the command's business.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tiltyard_client::{Call, Client, ClientError, Credentials, Waiting};
use tokio::time::sleep;

use super::failure::Failure;
use super::output::Output;
use crate::limits::{FOLLOW_PAUSE, FOLLOW_WAIT, REGISTER_PATIENCE, TIMEOUT_SECONDS_MAX};

/// Where a server listens when nobody says otherwise.
const DEFAULT_SERVER: &str = "http://127.0.0.1:5000";

/// Keeps these flags together in the help, apart from the command's own.
const HEADING: &str = "Server and output";

/// The flags that every command for people has.
#[derive(Debug, Clone, Args)]
pub(super) struct Connection {
    // The address may hold a password, so the help does not show what the variable says.
    #[arg(
        long,
        global = true,
        help_heading = HEADING,
        env = "TILTYARD_SERVER",
        hide_env_values = true,
        value_name = "URL",
        help = "The server [default: MLFLOW_TRACKING_URI, or http://127.0.0.1:5000]"
    )]
    server: Option<String>,
    #[arg(
        long,
        global = true,
        help_heading = HEADING,
        env = "TILTYARD_TIMEOUT",
        hide_env_values = true,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=TIMEOUT_SECONDS_MAX),
        help = "How long the server may take to answer, or be silent within a file [default: 30; to register: 300]"
    )]
    timeout: Option<u64>,
    /// Print JSON instead of tables, and errors as a JSON object on stderr
    #[arg(long, global = true, help_heading = HEADING)]
    json: bool,
    // The rest are never typed: they only bring in what MLflow's own client reads from the environment.
    #[arg(long, global = true, env = "MLFLOW_TRACKING_URI", hide = true)]
    tracking_uri: Option<String>,
    #[arg(long, global = true, env = "MLFLOW_TRACKING_TOKEN", hide = true, hide_env_values = true)]
    tracking_token: Option<String>,
    #[arg(long, global = true, env = "MLFLOW_TRACKING_USERNAME", hide = true, hide_env_values = true)]
    tracking_username: Option<String>,
    #[arg(long, global = true, env = "MLFLOW_TRACKING_PASSWORD", hide = true, hide_env_values = true)]
    tracking_password: Option<String>,
}

/// What a command works with: a server to ask and a place to print.
pub(super) struct Session {
    /// The server.
    pub(super) client: Client,
    /// The same server, with the patience that taking in the files of a version needs.
    pub(super) patient_client: Client,
    /// The same server, for waits that are wanted, as long as [`FOLLOW_WAIT`]: nobody is told of them.
    pub(super) quiet_client: Client,
    /// Where results go.
    pub(super) output: Output,
}

impl Connection {
    /// Prepares to talk to the server; nothing is sent yet.
    pub(super) fn open(&self) -> Result<Session, Failure> {
        let server = given(self.server.as_ref()).or_else(|| given(self.tracking_uri.as_ref()));
        let client = Client::new(server.as_deref().unwrap_or(DEFAULT_SERVER))?;
        let client = match self.credentials() {
            Some(credentials) => client.with_credentials(credentials),
            None => client,
        };
        let client = match self.timeout {
            Some(seconds) => client.with_silence_max(Duration::from_secs(seconds)),
            None => client,
        };
        let quiet_client = client.clone().with_more_silence(FOLLOW_WAIT);
        let waiting = spinner(client.server());
        let client = client.with_waiting(waiting);
        let patient_client = match self.timeout {
            Some(_) => client.clone(),
            None => client.clone().with_silence_max(REGISTER_PATIENCE),
        };
        Ok(Session { client, patient_client, quiet_client, output: Output::new(self.json) })
    }

    /// Whether results and errors are for programs.
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// A name and a password win over a token, as they do in MLflow's client.
    fn credentials(&self) -> Option<Credentials> {
        if let (Some(user), Some(password)) =
            (given(self.tracking_username.as_ref()), given(self.tracking_password.as_ref()))
        {
            return Some(Credentials::Basic { user, password });
        }
        given(self.tracking_token.as_ref()).map(Credentials::Token)
    }
}

/// An empty value counts as none.
fn given(value: Option<&String>) -> Option<String> {
    value.filter(|value| !value.is_empty()).cloned()
}

impl Session {
    /// Asks until there is an answer, also where the server is away for a while: for those who follow what goes on there.
    pub(super) async fn ask_until_answered<C: Call>(&self, call: &C) -> Result<C::Answer, ClientError> {
        let mut is_told = false;
        loop {
            match self.quiet_client.send(call).await {
                Err(error) if error.may_pass() => {
                    if !is_told {
                        self.output.remark(&format!("{error}; going on as soon as it answers"));
                        is_told = true;
                    }
                    sleep(FOLLOW_PAUSE).await;
                }
                answer => return answer,
            }
        }
    }
}

/// Says on stderr that a server takes its time; indicatif draws nothing where that is not a terminal.
fn spinner(server: &str) -> Waiting {
    /// A line that goes with the wait.
    struct Shown(ProgressBar);

    impl Drop for Shown {
        fn drop(&mut self) {
            self.0.finish_and_clear();
        }
    }

    let message = format!("waiting for {server}");
    Arc::new(move || {
        let bar = ProgressBar::new_spinner().with_message(message.clone());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Box::new(Shown(bar))
    })
}
