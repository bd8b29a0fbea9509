//! Which `Host` and `Origin` headers a server lets through, as pure matching rules.
//! Reading headers, exempting the health routes and choosing a status are `tiltyard-api`'s; nothing here resolves
//! a name or opens a socket.

mod pattern;
mod proxies;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pattern::Pattern;

use crate::Refusal;

pub use proxies::{Network, TrustedProxies};

/// Names under which a server on this machine is addressed; `0.0.0.0` is how some clients spell "here".
const LOCAL_HOSTS: [&str; 4] = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];

/// Hosts whose pages may always call the API. `0.0.0.0` is no origin that a browser page is served from.
const LOCAL_ORIGIN_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// One entry of the list of `Host` headers that are let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRule(HostMatch);

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostMatch {
    Local,
    PrivateAddress,
    Pattern(Pattern),
}

impl HostRule {
    /// What is let through when nothing is configured: this machine under any port, and private addresses.
    ///
    /// A private address must be an address. A pattern such as `10.*` would also let `10.attacker.example` through,
    /// which is the very rebinding that the check exists to stop.
    pub fn defaults() -> Vec<Self> {
        vec![Self(HostMatch::Local), Self(HostMatch::PrivateAddress)]
    }

    /// Reads a list separated by commas, such as `mlflow.example.com,app-*.example.com:5000`.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, Refusal> {
        parse_entries(text, "host", Self::parse)
    }

    /// Reads one entry: a host with an optional port, where `*` stands for any run of characters.
    ///
    /// An entry without a port and without `*` matches only requests that name no port, as in MLflow.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.contains('/') {
            return Err(Refusal::invalid(format!(
                "`{text}` is not a host; write the host and, if need be, its port, as in `mlflow.example.com:5000`, \
                 without scheme or path"
            )));
        }
        if text.contains('?') || text.contains("[[]") {
            return Err(Refusal::invalid(format!(
                "`{text}` uses a wildcard other than `*`; `*` is the only one, and brackets stand for themselves, \
                 as in `[::1]:*`"
            )));
        }
        Ok(Self(HostMatch::Pattern(Pattern::parse(text))))
    }

    /// Whether this entry lets every host through.
    pub fn permits_all(&self) -> bool {
        matches!(&self.0, HostMatch::Pattern(Pattern::Anything))
    }

    /// Whether a request with this `Host` header is let through. Letter case does not matter.
    pub fn permits(&self, host: &str) -> bool {
        if host.is_empty() {
            return false;
        }
        match &self.0 {
            HostMatch::Local => host_name(host).is_some_and(|name| is_one_of(name, &LOCAL_HOSTS)),
            HostMatch::PrivateAddress => host_name(host).is_some_and(is_private_address),
            HostMatch::Pattern(pattern) => pattern.matches(host),
        }
    }
}

/// One entry of the list of web origins whose pages may change things through the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginRule(OriginMatch);

#[derive(Debug, Clone, PartialEq, Eq)]
enum OriginMatch {
    Local,
    Pattern(Pattern),
}

impl OriginRule {
    /// What is let through when nothing is configured, and beside whatever is: pages of this machine, any port.
    pub fn defaults() -> Vec<Self> {
        vec![Self(OriginMatch::Local)]
    }

    /// Reads a list separated by commas, such as `https://app.example.com,https://*.example.com`.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, Refusal> {
        parse_entries(text, "origin", Self::parse)
    }

    /// Reads one entry: an origin as browsers send it, where `*` stands for any run of characters.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let has_scheme = text.contains("://") || text.starts_with('*') || text == "null";
        if !has_scheme || text.ends_with('/') {
            return Err(Refusal::invalid(format!(
                "`{text}` is not an origin; write scheme, host and, if need be, port, as in \
                 `https://app.example.com:8443`, without a path or a closing slash"
            )));
        }
        Ok(Self(OriginMatch::Pattern(Pattern::parse(text))))
    }

    /// Whether this entry lets every origin through. Answers must then not allow credentials.
    pub fn permits_all(&self) -> bool {
        matches!(&self.0, OriginMatch::Pattern(Pattern::Anything))
    }

    /// Whether a page with this `Origin` header is let through. Letter case does not matter.
    pub fn permits(&self, origin: &str) -> bool {
        match &self.0 {
            OriginMatch::Local => {
                origin_host(origin).is_some_and(|name| is_one_of(name, &LOCAL_ORIGIN_HOSTS))
            }
            OriginMatch::Pattern(pattern) => pattern.matches(origin),
        }
    }
}

fn parse_entries<Rule>(
    text: &str,
    noun: &str,
    parse: impl Fn(&str) -> Result<Rule, Refusal>,
) -> Result<Vec<Rule>, Refusal> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let rules = entries.map(parse).collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        return Err(Refusal::invalid(format!(
            "the list names no {noun}; leave the setting out for the default"
        )));
    }
    Ok(rules)
}

/// The host without its port, brackets kept; nothing if what follows the host is no port.
fn host_name(host: &str) -> Option<&str> {
    let name_end = match host.find(']') {
        Some(bracket) if host.starts_with('[') => bracket + 1,
        _ => host.find(':').unwrap_or(host.len()),
    };
    let (name, rest) = host.split_at(name_end);
    let is_port =
        |rest: &str| rest.strip_prefix(':').is_some_and(|port| port.chars().all(|c| c.is_ascii_digit()));
    (rest.is_empty() || is_port(rest)).then_some(name)
}

fn origin_host(origin: &str) -> Option<&str> {
    let (_, authority) = origin.split_once("://")?;
    host_name(authority)
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn is_private_address(name: &str) -> bool {
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_unique_local()),
        None => name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_private()),
    }
}

/// Whether only this machine can reach a server bound to the address.
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
