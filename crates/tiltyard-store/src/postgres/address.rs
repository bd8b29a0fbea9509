//! Where a PostgreSQL database is and how it is reached: an address in the spellings of libpq and SQLAlchemy. Nothing here
//! opens a file or a connection, and whoever shows an address shows neither user nor password.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::tls::{Checks, Tls};

/// What an address looks like; part of every sentence that refuses one.
const EXAMPLE: &str = "write postgresql://user@host:5432/database";

/// The address of a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    config: Config,
    tls: Tls,
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
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (tls, options) = tls_options(options)?;
        let mut config = Config::from_str(&format!("postgresql://{place}?{}", options.join("&")))
            .map_err(|error| refusal(&error))?;
        if config.get_hosts().is_empty() {
            return Err(format!("the address names no host; {EXAMPLE}"));
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(format!("the address names no database; {EXAMPLE}"));
        }
        if config.get_application_name().is_none() {
            config.application_name("tiltyard");
        }
        config.ssl_mode(match tls.checks {
            None => SslMode::Disable,
            Some(Checks::IfOffered) => SslMode::Prefer,
            Some(_) => SslMode::Require,
        });
        Ok(Self { config, tls })
    }

    /// Whether a password stands in the address.
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }
}

/// Takes what is said about TLS out of the options of an address; the driver knows less of it than libpq.
fn tls_options(options: &str) -> Result<(Tls, Vec<&str>), String> {
    let mut tls = Tls { checks: Some(Checks::IfOffered), roots: None, identity: None };
    let (mut certificate, mut key, mut others) = (None, None, Vec::new());
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = percent_decode_str(value).decode_utf8_lossy();
        let path = || Some(PathBuf::from(value.as_ref()));
        match name {
            "sslmode" => tls.checks = checks(&value)?,
            "sslrootcert" => tls.roots = path().filter(|_| value != "system"),
            "sslcert" => certificate = path(),
            "sslkey" => key = path(),
            // Kerberos is not spoken, so that there is nothing to switch off.
            "gssencmode" if value == "disable" => {}
            _ => others.push(option),
        }
    }
    tls.identity = match (certificate, key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => Some((certificate, key)),
        _ => return Err("sslcert and sslkey are given together or not at all".to_owned()),
    };
    // As for libpq: who names an authority wants it to be asked.
    if tls.roots.is_some() && tls.checks == Some(Checks::Nothing) {
        tls.checks = Some(Checks::Authority);
    }
    Ok((tls, others))
}

fn checks(mode: &str) -> Result<Option<Checks>, String> {
    Ok(match mode {
        "disable" => None,
        "allow" | "prefer" => Some(Checks::IfOffered),
        "require" => Some(Checks::Nothing),
        "verify-ca" => Some(Checks::Authority),
        "verify-full" => Some(Checks::AuthorityAndName),
        _ => {
            return Err(
                "sslmode is one of disable, allow, prefer, require, verify-ca and verify-full".to_owned()
            );
        }
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_spelling() {
        for (text, shown) in [
            ("postgresql://u:p@db:5433/mlflow", "the PostgreSQL database 'mlflow' at db:5433"),
            ("postgres://db/mlflow", "the PostgreSQL database 'mlflow' at db:5432"),
            ("PostgreSQL+psycopg2://u:p%40ss@db/mlflow", "the PostgreSQL database 'mlflow' at db:5432"),
            ("postgresql+asyncpg://a,b:6000/x", "the PostgreSQL database 'x' at a:5432, b:6000"),
            ("postgresql:///x?host=/run/pg", "the PostgreSQL database 'x' at /run/pg"),
        ] {
            let address = PostgresAddress::parse(text).unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), shown);
        }
        assert!(PostgresAddress::parse("postgresql://u:p@db/x").unwrap().has_password());
        assert!(!PostgresAddress::parse("postgresql://u@db/x").unwrap().has_password());
    }

    #[test]
    fn refusals_say_what_is_wrong_and_repeat_no_secret() {
        for (text, expected) in [
            ("postgresql://u:hunter2@db", "names no database"),
            ("postgresql:///x", "names no host"),
            ("postgresql://u:hunter2@db/x?sslmode=strict", "sslmode is one of"),
            ("postgresql://u:hunter2@db/x?sslcert=/a", "together or not at all"),
            ("postgresql://u:hunter2@db/x?colour=red", "unknown option `colour`"),
            ("postgresql://u:hunter2@db:port/x", "invalid"),
            ("mysql://u:hunter2@db/x", EXAMPLE),
        ] {
            let refusal = PostgresAddress::parse(text).unwrap_err();
            assert!(refusal.contains(expected) && !refusal.contains("hunter2"), "{text}: {refusal}");
        }
    }

    #[test]
    fn tls_is_read_as_libpq_reads_it() {
        let tls = |options: &str| {
            let address = PostgresAddress::parse(&format!("postgresql://db/x?{options}")).unwrap();
            (address.tls().checks, address.config().get_ssl_mode())
        };
        assert_eq!(tls(""), (Some(Checks::IfOffered), SslMode::Prefer));
        assert_eq!(tls("sslmode=disable"), (None, SslMode::Disable));
        assert_eq!(tls("sslmode=require"), (Some(Checks::Nothing), SslMode::Require));
        assert_eq!(tls("sslmode=require&sslrootcert=/ca.pem"), (Some(Checks::Authority), SslMode::Require));
        assert_eq!(tls("sslmode=verify-ca"), (Some(Checks::Authority), SslMode::Require));
        assert_eq!(
            tls("sslrootcert=system&sslmode=verify-full&gssencmode=disable"),
            (Some(Checks::AuthorityAndName), SslMode::Require)
        );
    }
}
