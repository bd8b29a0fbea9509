//! Where the server listens, and the promise that it does not face a network by accident.
//! Names are not resolved here; binding is the server's work.

use std::fmt;
use std::net::IpAddr;

use tiltyard_domain::network::is_loopback;

use super::SettingsError;
use super::arguments::ServerArguments;
use super::catalogue::{ALLOW_NETWORK, HOST, PORT, STATIC_PREFIX};
use super::environment::Environment;
use super::input::Given;

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u16 = 5000;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listen {
    /// The interface.
    pub(crate) host: ListenHost,
    /// The port; 0 lets the operating system choose.
    pub(crate) port: u16,
}

/// An interface, by address or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListenHost {
    /// An address.
    Address(IpAddr),
    /// A name, still to be resolved.
    Name(String),
}

impl ListenHost {
    fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => is_loopback(*address),
            Self::Name(name) => name.eq_ignore_ascii_case("localhost"),
        }
    }
}

/// Host and port as they stand in a URL.
impl fmt::Display for Listen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            ListenHost::Address(IpAddr::V6(address)) => write!(formatter, "[{address}]:{}", self.port),
            ListenHost::Address(address) => write!(formatter, "{address}:{}", self.port),
            ListenHost::Name(name) => write!(formatter, "{name}:{}", self.port),
        }
    }
}

/// The path in front of every route: empty, or beginning with a slash and not ending with one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StaticPrefix(String);

impl StaticPrefix {
    /// The prefix as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) fn resolve(
    arguments: &ServerArguments,
    environment: &Environment,
    notices: &mut Vec<String>,
) -> Result<Listen, SettingsError> {
    let default = Given { text: DEFAULT_HOST, origin: "--host" };
    let given_host = environment.text(&HOST, arguments.host.as_deref()).unwrap_or(default);
    let host = parse_host(given_host)?;
    let port = match environment.text(&PORT, arguments.port.as_deref()) {
        Some(given) => parse_port(given)?,
        None => DEFAULT_PORT,
    };
    let listen = Listen { host, port };
    let allowed =
        environment.switch(&ALLOW_NETWORK, arguments.allow_unauthenticated_network())?.unwrap_or(false);
    check_reach(&listen, allowed, given_host, notices)?;
    Ok(listen)
}

/// Until somebody can sign in, everybody who reaches the port may do everything.
fn check_reach(
    listen: &Listen,
    allowed: bool,
    given_host: Given<'_>,
    notices: &mut Vec<String>,
) -> Result<(), SettingsError> {
    if listen.host.is_loopback() {
        return Ok(());
    }
    if !allowed {
        return Err(given_host.refuse(
            "there is no authentication yet, so listening beyond this machine lets anyone on the network change \
             everything; listen on 127.0.0.1, or accept that with --allow-unauthenticated-network or \
             TILTYARD_ALLOW_UNAUTHENTICATED_NETWORK=true",
        ));
    }
    notices.push(format!(
        "anyone who can reach {listen} can read and change everything: there is no authentication"
    ));
    Ok(())
}

fn parse_host(given: Given<'_>) -> Result<ListenHost, SettingsError> {
    let text = given.text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse() {
        return Ok(ListenHost::Address(address));
    }
    let is_name = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    if !is_name {
        return Err(
            given.refuse("this is neither an address nor a name; write 127.0.0.1, and the port with --port")
        );
    }
    Ok(ListenHost::Name(text.to_owned()))
}

fn parse_port(given: Given<'_>) -> Result<u16, SettingsError> {
    given.text.trim().parse().map_err(|_| given.refuse("a port is a number from 0 to 65535"))
}

pub(super) fn static_prefix(
    arguments: &ServerArguments,
    environment: &Environment,
) -> Result<StaticPrefix, SettingsError> {
    match environment.text(&STATIC_PREFIX, arguments.static_prefix.as_deref()) {
        Some(given) => parse_prefix(given.text).map_err(|sentence| given.refuse(sentence)),
        None => Ok(StaticPrefix::default()),
    }
}

fn parse_prefix(text: &str) -> Result<StaticPrefix, &'static str> {
    if !text.starts_with('/') {
        return Err("the prefix must begin with a '/', as in /models");
    }
    if text.ends_with('/') {
        return Err("the prefix should not end with a '/'; write it as in /models");
    }
    if text.chars().any(|c| !c.is_ascii_graphic() || "{}?#%*\\".contains(c)) {
        return Err("the prefix must be a plain path, without spaces and { } ? # % * \\");
    }
    Ok(StaticPrefix(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Given, parse_host, parse_port, parse_prefix};

    #[test]
    fn hosts_are_addresses_or_names() {
        let check = |text: &str, loopback: bool| {
            let host = parse_host(Given { text, origin: "--host" }).unwrap();
            assert_eq!(host.is_loopback(), loopback, "{text}");
        };
        check("127.0.0.1", true);
        check("127.9.9.9", true);
        check("::1", true);
        check("[::1]", true);
        check("localhost", true);
        check("0.0.0.0", false);
        check("::", false);
        check("10.0.0.4", false);
        check("registry.example.com", false);
        check("localhost.example.com", false);
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in ["", "127.0.0.1:5000", "http://localhost", "a b", "[::1"] {
            assert!(parse_host(Given { text, origin: "--host" }).is_err(), "{text}");
        }
    }

    #[test]
    fn ports_are_numbers_of_sixteen_bits() {
        let read = |text| parse_port(Given { text, origin: "MLFLOW_PORT" });
        assert_eq!(read("0"), Ok(0));
        assert_eq!(read("65535"), Ok(65535));
        for text in ["65536", "-1", "http", "50.5"] {
            let error = read(text).unwrap_err().to_string();
            assert_eq!(error, "MLFLOW_PORT: a port is a number from 0 to 65535", "{text}");
        }
    }

    #[test]
    fn prefixes_are_plain_paths() {
        assert_eq!(parse_prefix("/models").unwrap().as_str(), "/models");
        assert_eq!(parse_prefix("/a/b-c").unwrap().as_str(), "/a/b-c");
        for text in ["models", "/", "/models/", "/{x}", "/a b", "/a?b", ""] {
            assert!(parse_prefix(text).is_err(), "{text}");
        }
    }
}
