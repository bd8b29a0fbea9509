//! Where a PostgreSQL database is: an address in the spellings of libpq and SQLAlchemy. Whoever shows one shows no password.

use std::fmt;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// What an address looks like; part of every sentence that refuses one.
const EXAMPLE: &str = "write postgresql://user@host:5432/database";

/// The address of a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    config: Config,
}

impl PostgresAddress {
    /// Reads an address. The driver that SQLAlchemy lets one name after a `+` means nothing here.
    ///
    /// # Errors
    /// A sentence that says what is wrong, and repeats nothing of the address but names of options.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or(EXAMPLE)?;
        let kind = scheme.split('+').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(kind.as_str(), "postgresql" | "postgres") {
            return Err(EXAMPLE.to_owned());
        }
        let mut config =
            Config::from_str(&format!("postgresql://{rest}")).map_err(|error| refusal(&error))?;
        if config.get_hosts().is_empty() {
            return Err(format!("the address names no host; {EXAMPLE}"));
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(format!("the address names no database; {EXAMPLE}"));
        }
        if config.get_application_name().is_none() {
            config.application_name("tiltyard");
        }
        Ok(Self { config })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }
}

fn refusal(error: &tokio_postgres::Error) -> String {
    let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    format!("the address cannot be read ({reason}); {EXAMPLE}")
}

/// Shows the database and where it is; neither user nor password.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.config.get_dbname().unwrap_or_default();
        write!(formatter, "the PostgreSQL database '{database}' at ")?;
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            match host {
                Host::Tcp(name) => write!(formatter, "{comma}{name}")?,
                Host::Unix(folder) => write!(formatter, "{comma}{}", folder.display())?,
            }
            let ports = self.config.get_ports();
            if let Some(port) = ports.get(index).or(ports.first()) {
                write!(formatter, ":{port}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
