//! Which server a command talks to and as whom, from flags and the variables that MLflow's own client reads.
//! What is said to the server is the command's business.

use clap::Args;
use tiltyard_client::{Client, Credentials};

use super::failure::Failure;
use super::output::Output;

/// Where a server listens when nobody says otherwise.
const DEFAULT_SERVER: &str = "http://127.0.0.1:5000";

/// The flags that every command for people has.
#[derive(Debug, Clone, Args)]
pub(super) struct Connection {
    // The address may hold a password, so the help does not show what the variable says.
    #[arg(
        long,
        global = true,
        env = "TILTYARD_SERVER",
        hide_env_values = true,
        value_name = "URL",
        help = "The server [default: MLFLOW_TRACKING_URI, or http://127.0.0.1:5000]"
    )]
    server: Option<String>,
    /// Print JSON instead of tables
    #[arg(long, global = true)]
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
    /// Where results go.
    pub(super) output: Output,
}

impl Connection {
    /// Prepares to talk to the server; nothing is sent yet.
    pub(super) fn open(&self) -> Result<Session, Failure> {
        let given = |value: &'_ Option<String>| value.clone().filter(|value| !value.is_empty());
        let server = given(&self.server).or_else(|| given(&self.tracking_uri));
        let client = Client::new(server.as_deref().unwrap_or(DEFAULT_SERVER))?;
        let client = match self.credentials() {
            Some(credentials) => client.with_credentials(credentials),
            None => client,
        };
        Ok(Session { client, output: Output::new(self.json) })
    }

    /// A name and a password win over a token, as they do in MLflow's client.
    fn credentials(&self) -> Option<Credentials> {
        if let (Some(user), Some(password)) = (&self.tracking_username, &self.tracking_password) {
            return Some(Credentials::Basic { user: user.clone(), password: password.clone() });
        }
        self.tracking_token.clone().map(Credentials::Token)
    }
}
