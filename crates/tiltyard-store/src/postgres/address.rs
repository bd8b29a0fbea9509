//! Where a PostgreSQL database is and how it is reached: an address in the spellings of libpq and SQLAlchemy. Nothing here
//! opens a file or a connection, and whoever shows an address shows neither user nor password.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::tls::{Checks, Tls};
use crate::limits::{
    KEEPALIVE_AFTER, KEEPALIVE_EVERY, KEEPALIVES_MAX, SOCKET_PATIENCE, UNACKNOWLEDGED_PATIENCE,
};

/// What an address looks like; part of every sentence that refuses one.
const EXAMPLE: &str = "write postgresql://user@host:5432/database";

/// The address of a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    /// One for each host, in the order in which they are tried, so that one that is silent costs the others nothing but time.
    configs: Vec<Config>,
    tls: Tls,
}

impl PostgresAddress {
    /// Reads an address. The driver that SQLAlchemy lets one name after a `+` means nothing here.
    ///
    /// # Errors
    /// A sentence that says what is wrong, and repeats nothing of the address but names of options.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::parse_with(text, &[])
    }

    /// The same, with options that hold where the address does not name them.
    ///
    /// # Errors
    /// As [`PostgresAddress::parse`].
    pub fn parse_with(text: &str, unsaid: &[(&str, &str)]) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or(EXAMPLE)?;
        let kind = scheme.split('+').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(kind.as_str(), "postgresql" | "postgres") {
            return Err(EXAMPLE.to_owned());
        }
        // A password may hold anything, a question mark too: options begin behind it.
        let (login, rest) = rest.rsplit_once('@').map_or((None, rest), |(login, rest)| (Some(login), rest));
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (tls, options) = tls_options(unsaid, options)?;
        let mut configs = Vec::new();
        for place in each_host(place, &options) {
            let mut config = Config::from_str(&format!("postgresql://{place}?{}", with_patience(&options)))
                .map_err(|error| refusal(&error, &options))?;
            log_in(&mut config, login)?;
            complete(&mut config, &tls)?;
            configs.push(config);
        }
        Ok(Self { configs, tls })
    }

    /// Whether a password stands in the address.
    pub fn has_password(&self) -> bool {
        self.configs.iter().any(|config| config.get_password().is_some())
    }

    /// What connects to each of its hosts.
    pub(super) fn configs(&self) -> &[Config] {
        &self.configs
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }
}

/// The place once for each of its hosts, unless an option speaks of them all.
fn each_host(place: &str, options: &[&str]) -> Vec<String> {
    let (hosts, path) = place.find('/').map_or((place, ""), |slash| place.split_at(slash));
    let is_of_all =
        |option: &&str| option.starts_with("hostaddr=") || option.starts_with("load_balance_hosts=");
    if options.iter().any(is_of_all) {
        return vec![place.to_owned()];
    }
    hosts.split(',').map(|host| format!("{host}{path}")).collect()
}

/// The options, and before them what holds unless they say otherwise: a database that is gone without a word, or a firewall
/// that drops what it has forgotten, is noticed in seconds.
fn with_patience(options: &[&str]) -> String {
    let unsaid = [
        format!("connect_timeout={}", SOCKET_PATIENCE.as_secs()),
        format!("tcp_user_timeout={}", UNACKNOWLEDGED_PATIENCE.as_secs()),
        format!("keepalives_idle={}", KEEPALIVE_AFTER.as_secs()),
        format!("keepalives_interval={}", KEEPALIVE_EVERY.as_secs()),
        format!("keepalives_retries={KEEPALIVES_MAX}"),
    ];
    let all: Vec<&str> = unsaid.iter().map(String::as_str).chain(options.iter().copied()).collect();
    all.join("&")
}

/// Takes user and password, which a parser of whole addresses might repeat where it does not understand them.
fn log_in(config: &mut Config, login: Option<&str>) -> Result<(), String> {
    let Some(login) = login else { return Ok(()) };
    let (user, password) =
        login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
    let user = percent_decode_str(user).decode_utf8();
    let user = user.map_err(|_| format!("the user in the address is no text; {EXAMPLE}"))?;
    config.user(user.as_ref());
    if let Some(password) = password {
        config.password(percent_decode_str(password).collect::<Vec<u8>>());
    }
    Ok(())
}

/// Refuses what names nothing, and adds what every connection has.
fn complete(config: &mut Config, tls: &Tls) -> Result<(), String> {
    if config.get_hosts().is_empty() {
        return Err(format!("the address names no host; {EXAMPLE}"));
    }
    if config.get_dbname().is_none_or(str::is_empty) {
        return Err(format!(
            "the address names no database; {EXAMPLE}. An at sign in an option is written %40"
        ));
    }
    if config.get_application_name().is_none() {
        config.application_name("tiltyard");
    }
    config.ssl_mode(match tls.checks {
        None => SslMode::Disable,
        Some(Checks::IfOffered) => SslMode::Prefer,
        Some(_) => SslMode::Require,
    });
    Ok(())
}

/// What is said about TLS.
#[derive(Default)]
struct Said {
    mode: Option<String>,
    roots: Option<PathBuf>,
    /// Whether those that the system trusts were asked for by name.
    is_of_system: bool,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Said {
    /// Takes an option. False when it is about something else.
    fn take(&mut self, name: &str, value: &str) -> bool {
        let path = || Some(PathBuf::from(value));
        match name {
            "sslmode" => self.mode = Some(value.to_owned()),
            "sslrootcert" => {
                self.is_of_system = value == "system";
                self.roots = path().filter(|_| value != "system");
            }
            "sslcert" => self.certificate = path(),
            "sslkey" => self.key = path(),
            // Kerberos is not spoken, so that there is nothing to switch off.
            "gssencmode" if value == "disable" => {}
            _ => return false,
        }
        true
    }

    fn understood(self) -> Result<Tls, String> {
        let full = Some(Checks::AuthorityAndName);
        let unsaid = if self.is_of_system { full } else { Some(Checks::IfOffered) };
        let mut checks = self.mode.map_or(Ok(unsaid), |mode| checks(&mode))?;
        // As for libpq: who trusts so many wants the name to count, and who names an authority wants it to be asked.
        if self.is_of_system && checks != full {
            return Err("with sslrootcert=system, sslmode is verify-full or left out".to_owned());
        }
        if self.roots.is_some() && checks == Some(Checks::Nothing) {
            checks = Some(Checks::Authority);
        }
        let identity = match (self.certificate, self.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => return Err("sslcert and sslkey are given together or not at all".to_owned()),
        };
        Ok(Tls { checks, roots: self.roots, identity })
    }
}

/// Takes what is said about TLS out of the options of an address; the driver knows less of it than libpq.
fn tls_options<'a>(unsaid: &[(&str, &str)], options: &'a str) -> Result<(Tls, Vec<&'a str>), String> {
    let mut said = Said::default();
    for (name, value) in unsaid {
        said.take(name, value);
    }
    let mut others = Vec::new();
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        if !said.take(name, &percent_decode_str(value).decode_utf8_lossy()) {
            others.push(option);
        }
    }
    Ok((said.understood()?, others))
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

/// Says what is wrong. What looks like the name of an option may be the rest of a password that stands among the options.
fn refusal(error: &tokio_postgres::Error, options: &[&str]) -> String {
    let has_secret = options.iter().any(|option| option.starts_with("password="));
    match std::error::Error::source(error) {
        Some(reason) if !has_secret => format!("the address cannot be read ({reason}); {EXAMPLE}"),
        _ => format!("the address cannot be read; {EXAMPLE}"),
    }
}

/// Shows the database and where it is; neither user nor password.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.configs.iter().find_map(Config::get_dbname).unwrap_or_default();
        let hosts: Vec<String> = self.configs.iter().flat_map(hosts).collect();
        write!(formatter, "the PostgreSQL database '{database}' at {}", hosts.join(", "))
    }
}

fn hosts(config: &Config) -> impl Iterator<Item = String> {
    let ports = config.get_ports();
    config.get_hosts().iter().enumerate().map(move |(index, host)| {
        let name = match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(folder) => folder.display().to_string(),
        };
        let port = ports.get(index).or(ports.first());
        port.map_or_else(|| name.clone(), |port| format!("{name}:{port}"))
    })
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
        let odd =
            PostgresAddress::parse("postgresql://u:p?sslmode=x/%40y@a,b/x?sslmode=verify-full").unwrap();
        assert_eq!(odd.tls().checks, Some(Checks::AuthorityAndName));
        for config in odd.configs() {
            assert_eq!(config.get_password(), Some(&b"p?sslmode=x/@y"[..]), "the password may hold anything");
        }
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
            ("postgresql://u:p?hunter2/z@db", "names no database"),
            ("postgresql://db/x?password=a&hunter2=b", "cannot be read"),
            ("postgresql://db/x?sslrootcert=system&sslmode=require", "verify-full or left out"),
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
            (address.tls().checks, address.configs()[0].get_ssl_mode())
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
        assert_eq!(tls("sslrootcert=system"), (Some(Checks::AuthorityAndName), SslMode::Require));
    }

    #[test]
    fn the_address_is_believed_before_what_is_said_elsewhere() {
        let elsewhere = [("sslmode", "verify-full"), ("sslrootcert", "/a&b.pem")];
        let tls = |text: &str| PostgresAddress::parse_with(text, &elsewhere).unwrap().tls;
        let asked = tls("postgresql://db/x");
        assert_eq!((asked.checks, asked.roots), (Some(Checks::AuthorityAndName), Some("/a&b.pem".into())));
        assert_eq!(tls("postgresql://db/x?sslmode=disable").checks, None);
    }

    #[test]
    fn silence_is_bounded_unless_the_address_says_otherwise() {
        let address = PostgresAddress::parse("postgresql://a,b/x?keepalives_idle=7").unwrap();
        assert_eq!(address.configs().len(), 2);
        for config in address.configs() {
            assert_eq!(config.get_connect_timeout(), Some(&SOCKET_PATIENCE));
            assert_eq!(config.get_tcp_user_timeout(), Some(&UNACKNOWLEDGED_PATIENCE));
            assert_eq!(config.get_keepalives_idle().as_secs(), 7);
            assert_eq!(config.get_keepalives_retries(), Some(KEEPALIVES_MAX));
        }
    }
}
