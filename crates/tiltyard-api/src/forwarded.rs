//! What a proxy says of the request that it hands on: for whom it asks, under which host, scheme and path. Trusted proxies are
//! believed, and what they say takes the place of what stood in the request; from others such headers are ignored.
//!
//! Where a proxy names the path that clients see in `X-Forwarded-Prefix`, it may have taken that path off or left it on.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use tiltyard_domain::network::TrustedProxies;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const SPOKEN_BY_PROXIES: [HeaderName; 5] = [FOR, PROTO, HOST, PREFIX, header::FORWARDED];

/// A request as its client sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Who asks, as far as that is known.
    pub(crate) client: IpAddr,
    /// `http` or `https`.
    scheme: &'static str,
    /// The path in front of our routes, as the client sees it: empty, or with a slash in front and none behind.
    prefix: String,
}

impl Seen {
    /// The address of a path below our routes, as the client may call it; none where the request names no host.
    pub(crate) fn address(&self, headers: &HeaderMap, path: &str) -> Option<String> {
        let host = headers.get(header::HOST)?.to_str().ok().filter(|host| !host.is_empty())?;
        Some(format!("{}://{host}{}{path}", self.scheme, self.prefix))
    }
}

/// Whom a server believes, and where its own routes stand.
#[derive(Debug)]
pub(crate) struct Proxies {
    trusted: TrustedProxies,
    /// The path in front of every route.
    base: String,
    /// Whether the log says already that somebody's headers are ignored.
    has_warned: AtomicBool,
}

impl Proxies {
    pub(crate) fn new(trusted: TrustedProxies, base: String) -> Self {
        Self { trusted, base, has_warned: AtomicBool::new(false) }
    }

    /// Makes of a request what its client sent. `peer` is who opened the connection, `encrypted` whether it is.
    pub(crate) fn understand(&self, request: &mut Request, peer: IpAddr, encrypted: bool) {
        let scheme = if encrypted { "https" } else { "http" };
        let mut seen = Seen { client: peer, scheme, prefix: self.base.clone() };
        let said = SPOKEN_BY_PROXIES.iter().any(|name| request.headers().contains_key(name));
        if said && self.trusted.trusts(peer) {
            self.believe(request, &mut seen);
        } else if said {
            self.warn(peer);
        }
        for name in SPOKEN_BY_PROXIES.iter().filter(|_| said) {
            request.headers_mut().remove(name);
        }
        request.extensions_mut().insert(seen);
    }

    fn believe(&self, request: &mut Request, seen: &mut Seen) {
        let said = Said::read(request.headers());
        let hops: Vec<&str> = said.hops.iter().map(String::as_str).collect();
        let (trusted, client) = self.trusted.client(&hops);
        seen.client = client.unwrap_or(seen.client);
        if let Some(scheme) = at(&said.schemes, trusted) {
            seen.scheme = known(scheme);
        }
        if let Some(host) = at(&said.hosts, trusted).and_then(|host| HeaderValue::from_str(host).ok()) {
            request.headers_mut().insert(header::HOST, host);
            // What stands in the target is what the proxy wrote there.
            *request.uri_mut() = Uri::from(path_and_query(request.uri()));
        }
        if let Some(outer) = at(&said.prefixes, trusted).and_then(|prefix| clean(prefix)) {
            seen.prefix = self.settle_prefix(request, outer);
        }
    }

    /// Brings the path below our base, and gives the prefix that the client sees.
    fn settle_prefix(&self, request: &mut Request, outer: &str) -> String {
        let path = request.uri().path();
        if below(path, &self.base).is_none() || self.base.is_empty() {
            let inside = match below(path, outer) {
                Some(rest) => Some(format!("{}{rest}", self.base)),
                None if outer == self.base => Some(format!("{outer}{path}")),
                None => None,
            };
            if let Some(inside) = inside.and_then(|inside| with_path(request.uri(), &inside)) {
                *request.uri_mut() = inside;
            }
        }
        if outer == self.base { self.base.clone() } else { format!("{outer}{}", self.base) }
    }

    fn warn(&self, peer: IpAddr) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "X-Forwarded headers are ignored: whoever sends them is not trusted; if it is your proxy, name it with \
                 --trusted-proxies"
            );
        }
    }
}

/// What the headers say, a value for each proxy, the nearest last.
#[derive(Default)]
struct Said {
    hops: Vec<String>,
    schemes: Vec<String>,
    hosts: Vec<String>,
    prefixes: Vec<String>,
}

impl Said {
    /// The older headers win: most proxies write them, and hand on what a client wrote into the standard one.
    fn read(headers: &HeaderMap) -> Self {
        let older = Self {
            hops: values(headers, &FOR),
            schemes: values(headers, &PROTO),
            hosts: values(headers, &HOST),
            prefixes: values(headers, &PREFIX),
        };
        if [&older.hops, &older.schemes, &older.hosts].iter().any(|values| !values.is_empty()) {
            return older;
        }
        let mut said = older;
        for element in values(headers, &header::FORWARDED) {
            said.add_element(&element);
        }
        said
    }

    /// Adds what one proxy wrote into the standard header, such as `for=192.0.2.43;proto=https;host=example.com`. What it left
    /// out keeps its place, so that values of one proxy stay together.
    fn add_element(&mut self, element: &str) {
        let of = |wanted: &str| {
            let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
            let found = pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.trim_matches('"').to_owned()).unwrap_or_default()
        };
        self.hops.push(of("for"));
        self.schemes.push(of("proto"));
        self.hosts.push(of("host"));
    }
}

/// The values of a header, which proxies append to or repeat. One that is no text counts as an empty one.
fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(|value| value.trim().to_owned()).collect()
}

/// What the proxy said that heard the client; most overwrite what was there, so that there is one value.
fn at(values: &[String], trusted: usize) -> Option<&String> {
    let place = values.len().checked_sub(1)?.saturating_sub(trusted);
    values.get(place).filter(|value| !value.is_empty())
}

fn known(scheme: &str) -> &'static str {
    if scheme.eq_ignore_ascii_case("https") { "https" } else { "http" }
}

/// A prefix without a slash at its end, if it is a plain path.
fn clean(prefix: &str) -> Option<&str> {
    let prefix = prefix.trim_end_matches('/');
    let plain = prefix.starts_with('/') && !prefix.starts_with("//");
    let characters = prefix.chars().all(|c| c.is_ascii_graphic() && !"{}?#%*\\\"<>".contains(c));
    (plain && characters).then_some(prefix)
}

/// What follows a prefix of whole segments.
fn below<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let path = if path.is_empty() { "/" } else { path };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{path}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

fn path_and_query(uri: &Uri) -> PathAndQuery {
    uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    /// The path, the client and the address that a part would get.
    fn understood(
        trusted: &str,
        base: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (String, String, String) {
        let mut request = Request::builder().uri(path).header("host", "inside:5000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let proxies = Proxies::new(TrustedProxies::parse_list(trusted).unwrap(), base.to_owned());
        proxies.understand(&mut request, "10.0.0.1".parse().unwrap(), false);
        let seen = request.extensions().get::<Seen>().unwrap();
        let address = seen.address(request.headers(), "/part").unwrap();
        (request.uri().to_string(), seen.client.to_string(), address)
    }

    fn is(path: &str, client: &str, address: &str) -> (String, String, String) {
        (path.to_owned(), client.to_owned(), address.to_owned())
    }

    const ALL: [(&str, &str); 4] = [
        ("x-forwarded-for", "6.6.6.6, 8.8.8.8"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "models.example.com"),
        ("x-forwarded-prefix", "/a/b/"),
    ];

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(
            understood("10.0.0.0/8", "", "/x?y=1", &ALL),
            is("/x?y=1", "8.8.8.8", "https://models.example.com/a/b/part")
        );
        assert_eq!(understood("", "", "/x", &ALL), is("/x", "10.0.0.1", "http://inside:5000/part"));
        assert_eq!(understood("11.0.0.0/8", "/m", "/m/x", &ALL).2, "http://inside:5000/m/part");
    }

    #[test]
    fn each_value_is_that_of_the_proxy_that_heard_the_client() {
        let chain = [
            ("x-forwarded-for", "6.6.6.6, 8.8.8.8, 10.0.0.7"),
            ("x-forwarded-proto", "http, https, http"),
            ("x-forwarded-host", "invented.example.com, outer.example.com, inner"),
        ];
        let seen = understood("10.0.0.0/8", "", "/", &chain);
        assert_eq!(seen, is("/", "8.8.8.8", "https://outer.example.com/part"));
        let overwritten = [("x-forwarded-for", "8.8.8.8, 10.0.0.7"), ("x-forwarded-proto", "https")];
        assert_eq!(understood("10.0.0.0/8", "", "/", &overwritten).2, "https://inside:5000/part");
    }

    #[test]
    fn the_standard_header_counts_where_the_older_ones_are_not() {
        let standard = (
            "forwarded",
            "for=6.6.6.6;host=invented.example.com, For=\"8.8.8.8:80\";Proto=https;HOST=m.example.com",
        );
        assert_eq!(
            understood("10.0.0.0/8", "", "/", &[standard]),
            is("/", "8.8.8.8", "https://m.example.com/part")
        );
        let both = [standard, ("x-forwarded-for", "9.9.9.9")];
        assert_eq!(understood("10.0.0.0/8", "", "/", &both), is("/", "9.9.9.9", "http://inside:5000/part"));
    }

    #[test]
    fn a_prefix_may_be_taken_off_or_left_on() {
        let path = |base: &str, path: &str, prefix: &str| {
            let seen = understood("*", base, path, &[("x-forwarded-prefix", prefix)]);
            (seen.0, seen.2.trim_start_matches("http://inside:5000").to_owned())
        };
        let is = |path: &str, address: &str| (path.to_owned(), address.to_owned());
        assert_eq!(path("", "/x", "/a/b"), is("/x", "/a/b/part"));
        assert_eq!(path("", "/a/b/x?q=%2F", "/a/b"), is("/x?q=%2F", "/a/b/part"));
        assert_eq!(path("", "/a/b", "/a/b"), is("/", "/a/b/part"));
        assert_eq!(path("/a/b", "/a/b/x", "/a/b"), is("/a/b/x", "/a/b/part"));
        assert_eq!(path("/a/b", "/x", "/a/b"), is("/a/b/x", "/a/b/part"));
        assert_eq!(path("/m", "/m/x", "/a"), is("/m/x", "/a/m/part"));
        assert_eq!(path("/m", "/a/x", "/a"), is("/m/x", "/a/m/part"));
        assert_eq!(path("", "/abc/x", "/a"), is("/abc/x", "/a/part"));
        for strange in ["", "/", "//evil.example", "a", "/a b", "/a?b", "/%2e"] {
            assert_eq!(path("/m", "/m/x", strange), is("/m/x", "/m/part"), "{strange}");
        }
    }
}
