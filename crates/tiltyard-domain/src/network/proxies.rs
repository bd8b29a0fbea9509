//! Which proxies are believed when they say for whom they ask: networks, and the walk through a list of hops.
//! Reading headers is `tiltyard-api`'s; nothing here opens a socket.

use std::fmt;
use std::net::IpAddr;

use crate::Refusal;

/// Addresses that share their first bits, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads an address, or one with the number of bits that count.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = || {
            Refusal::invalid(format!(
                "`{text}` is no network; write an address such as 127.0.0.1, or a network such as 10.0.0.0/8"
            ))
        };
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let given: IpAddr = address.parse().map_err(|_| refuse())?;
        let address = given.to_canonical();
        let width = width(address);
        let bits = match bits {
            None => width,
            // An IPv4 network in the clothes of IPv6 counts its bits from there.
            Some(bits) => {
                let bits: u8 = bits.parse().map_err(|_| refuse())?;
                bits.checked_sub(self::width(given) - width)
                    .filter(|bits| *bits <= width)
                    .ok_or_else(refuse)?
            }
        };
        Ok(Self { address, bits })
    }

    /// Whether an address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let differs = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => u128::from(own.to_bits() ^ other.to_bits()) << 96,
            (IpAddr::V6(own), IpAddr::V6(other)) => own.to_bits() ^ other.to_bits(),
            _ => return false,
        };
        differs.leading_zeros() >= u32::from(self.bits)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The proxies that are believed. The default is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    everyone: bool,
}

impl TrustedProxies {
    /// Reads a list separated by commas, such as `10.0.0.0/8,127.0.0.1`; `*` trusts whoever connects.
    pub fn parse_list(text: &str) -> Result<Self, Refusal> {
        let mut proxies = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match entry {
                "*" => proxies.everyone = true,
                network => proxies.networks.push(Network::parse(network)?),
            }
        }
        Ok(proxies)
    }

    /// Whether whoever connects is believed.
    pub fn trusts_everyone(&self) -> bool {
        self.everyone
    }

    /// Whether what this address says of others is believed.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.everyone || self.networks.iter().any(|network| network.contains(address))
    }

    /// For whom a trusted proxy asks: `hops` are those that the request came through, the nearest last, as each proxy
    /// appended the one it heard from. The first that is not trusted, seen from here, is the client, and what stands before it
    /// is the client's own invention. Gives the number of trusted hops, and the client where its address can be read.
    pub fn client(&self, hops: &[&str]) -> (usize, Option<IpAddr>) {
        let mut client = None;
        for (trusted, hop) in hops.iter().rev().enumerate() {
            let Some(address) = address_of_hop(hop) else { return (trusted, client) };
            client = Some(address);
            if !self.trusts(address) {
                return (trusted, client);
            }
        }
        (hops.len().saturating_sub(1), client)
    }
}

/// The address in one hop of a list: bare, in brackets, in quotes, with or without a port.
fn address_of_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim().trim_matches('"');
    if let Ok(address) = hop.parse() {
        return Some(address);
    }
    let bare = match hop.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => hop.split_once(':')?.0,
    };
    bare.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(text: &str) -> TrustedProxies {
        TrustedProxies::parse_list(text).unwrap()
    }

    #[test]
    fn networks_contain_what_shares_their_bits() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.1"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("192.168.4.0/22", "192.168.7.255", "192.168.8.0"),
            ("10.1.2.3/8", "10.9.9.9", "9.1.2.3"),
            ("::1", "::1", "::2"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::ffff:10.0.0.0/104", "10.3.3.3", "11.3.3.3"),
            ("10.0.0.0/8", "::ffff:10.0.0.9", "::10.0.0.9"),
            ("0.0.0.0/0", "8.8.8.8", "::8"),
        ] {
            let read = Network::parse(network).unwrap();
            assert!(read.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!read.contains(outside.parse().unwrap()), "{network} {outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_an_example() {
        for text in
            ["proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0", "::/129", "::ffff:10.0.0.0/8", "10.0.0.0/-1"]
        {
            let refusal = TrustedProxies::parse_list(text).unwrap_err().to_string();
            assert!(refusal.contains("10.0.0.0/8"), "{text}: {refusal}");
        }
        assert_eq!(trusted(" , "), TrustedProxies::default());
        assert!(trusted("*").trusts_everyone() && !trusted("0.0.0.0/0").trusts_everyone());
    }

    #[test]
    fn the_client_is_the_first_that_is_not_trusted() {
        let proxies = trusted("10.0.0.0/8,fd00::/8");
        let client = |hops: &[&str]| {
            let (trusted, client) = proxies.client(hops);
            (trusted, client.map(|address| address.to_string()))
        };
        let is = |trusted, address: &str| (trusted, Some(address.to_owned()));
        assert_eq!(client(&["8.8.8.8"]), is(0, "8.8.8.8"));
        assert_eq!(client(&["1.1.1.1", "8.8.8.8", "10.0.0.7"]), is(1, "8.8.8.8"));
        assert_eq!(client(&["8.8.8.8:4711", "\"[fd00::2]:80\""]), is(1, "8.8.8.8"));
        assert_eq!(client(&["10.0.0.1", "10.0.0.2"]), is(1, "10.0.0.1"));
        assert_eq!(client(&["8.8.8.8", "unknown", "10.0.0.2"]), is(1, "10.0.0.2"));
        assert_eq!(client(&["nonsense"]), (0, None));
        assert_eq!(client(&[]), (0, None));
    }
}
