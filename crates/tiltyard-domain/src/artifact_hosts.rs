//! Which hosts the URI of artifacts may name: that of the artifact storage the server was started with, and any under a scheme
//! that the operator lets through. This is MLflow's rule, in its words, for the locations of experiments and the sources of
//! versions alike. Only text is compared: the server connects to none of them, but whoever logs into an experiment would.

use crate::Refusal;
use crate::uri::Uri;

/// A scheme whose URIs make whoever opens them connect to the host that they name.
struct Scheme {
    name: &'static str,
    /// Schemes that reach the same service are compared as one.
    family: &'static str,
    /// The ports that a URI without one may mean; none where that is a matter of the client's configuration.
    ports: &'static [u16],
}

const fn scheme(name: &'static str, family: &'static str, ports: &'static [u16]) -> Scheme {
    Scheme { name, family, ports }
}

const SCHEMES: [Scheme; 10] = [
    scheme("ftp", "ftp", &[21]),
    scheme("sftp", "sftp", &[22]),
    scheme("hdfs", "hdfs", &[]),
    scheme("viewfs", "hdfs", &[]),
    scheme("http", "http", &[80]),
    scheme("https", "http", &[443]),
    scheme(OWN, "http", &[80, 443]),
    scheme("r2", "r2", &[443]),
    scheme("b2", "b2", &[443]),
    scheme("abfss", "abfss", &[443]),
];

/// The scheme of tracking servers. Without a host it means the server that was asked.
const OWN: &str = "mlflow-artifacts";

/// A place that a URI may make somebody connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    family: &'static str,
    host: String,
    port: Option<u16>,
}

/// The hosts that may be named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArtifactHosts {
    storage: Vec<Target>,
    schemes: Vec<String>,
}

impl ArtifactHosts {
    /// The host of the root under which experiments keep their artifacts, and any host under these schemes.
    pub fn new(root: &str, schemes: &[String]) -> Self {
        let schemes = schemes.iter().map(|scheme| scheme.to_ascii_lowercase()).collect();
        Self { storage: targets(root).unwrap_or_default(), schemes }
    }

    /// Checks that a URI, from a field of a request, names no other host.
    ///
    /// # Errors
    /// `InvalidValue` in MLflow's words.
    pub fn check(&self, field: &str, uri: &str) -> Result<(), Refusal> {
        let uri = as_opened(uri);
        let scheme = Uri::split(&uri).scheme;
        if self.is_storage(&uri) || self.schemes.contains(&scheme) {
            return Ok(());
        }
        Err(Refusal::invalid(format!(
            "'{field}' cannot use the '{scheme}' scheme: the '{scheme}' scheme addresses a host other than the tracking \
             server's configured artifact storage, so the server would connect to the host named in the URI. Set the \
             MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES environment variable on the server to allow it."
        )))
    }

    /// Whether a URI names the host of the server's own artifact storage, or none at all.
    pub fn is_storage(&self, uri: &str) -> bool {
        targets(uri).is_none_or(|targets| targets.iter().any(|target| self.storage.contains(target)))
    }
}

/// The text that is looked at in the end: Python drops these characters before it reads a URI.
fn as_opened(uri: &str) -> String {
    let begun = uri.trim_start_matches(|character: char| character <= ' ');
    begun.chars().filter(|character| !matches!(character, '\t' | '\r' | '\n')).collect()
}

/// Where a URI leads that names a host: nowhere that could be trusted when the host cannot be read. `None` for all others.
fn targets(uri: &str) -> Option<Vec<Target>> {
    let uri = Uri::split(uri);
    let scheme = SCHEMES.iter().find(|scheme| scheme.name == uri.scheme)?;
    if scheme.name == OWN && uri.authority.is_empty() {
        return None;
    }
    let Some((host, port)) = host_and_port(uri.authority) else { return Some(Vec::new()) };
    let target = |port| Target { family: scheme.family, host: host.to_lowercase(), port };
    Some(match port {
        None if !scheme.ports.is_empty() => scheme.ports.iter().map(|port| target(Some(*port))).collect(),
        port => vec![target(port)],
    })
}

/// Readers disagree on where an authority with a backslash or a blank in it ends, so it has no host.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if authority.contains(|character: char| character == '\\' || character.is_whitespace()) {
        return None;
    }
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let (host, port) = match place.strip_prefix('[') {
        None => place.split_once(':').unwrap_or((place, "")),
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']')?;
            (host, if rest.is_empty() { rest } else { rest.strip_prefix(':')? })
        }
    };
    match port {
        "" => Some((host, None)),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((host, Some(digits.parse().ok()?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::ArtifactHosts;

    fn permits(root: &str, uri: &str) -> bool {
        ArtifactHosts::new(root, &[]).check("source", uri).is_ok()
    }

    #[test]
    fn uris_that_name_no_host_are_let_through() {
        for uri in [
            "mlflow-artifacts:/1",
            "mlflow-artifacts:///1",
            "s3://bucket/1",
            "/srv/x",
            "wasbs://c@a/x",
            "",
            "C:x",
        ] {
            assert!(permits("mlflow-artifacts:/", uri), "{uri}");
        }
    }

    #[test]
    fn other_hosts_are_refused_in_every_disguise() {
        for uri in [
            "http://evil.example/api/2.0/mlflow-artifacts/artifacts/q",
            "HTTP://evil.example",
            " http://evil.example",
            "ht\ttp://evil.example",
            "http:evil.example",
            "http:///x",
            "mlflow-artifacts://evil.example/q",
            "ftp://u:p@h/x",
            "hdfs://h/x",
            "abfss://files@account.example/x",
            "http://registry.example\\@evil.example/",
            "http://registry.example@evil.example/",
            "http://registry.example:99999/",
            "http://registry.example:8x/",
            "http://[registry.example/",
        ] {
            assert!(!permits("http://registry.example", uri), "{uri}");
        }
    }

    #[test]
    fn the_host_of_the_own_storage_is_let_through_by_any_way_to_it() {
        let root = "mlflow-artifacts://registry.example/base";
        for uri in [
            "http://registry.example:80/x",
            "https://REGISTRY.example/x",
            "mlflow-artifacts://u@registry.example/x",
        ] {
            assert!(permits(root, uri), "{uri}");
        }
        for uri in [
            "http://registry.example:5000/x",
            "ftp://registry.example/x",
            "mlflow-artifacts://registry.example:5000/x",
        ] {
            assert!(!permits(root, uri), "{uri}");
        }
        assert!(permits("viewfs://h/a", "hdfs://h/b"));
        assert!(!permits("hdfs://h/a", "hdfs://h:8020/b"));
        assert!(permits("https://[::1]/a", "https://[::1]:443/b"));
    }

    #[test]
    fn a_scheme_that_the_operator_allows_may_name_any_host_which_is_not_ours_for_that() {
        let hosts = ArtifactHosts::new("mlflow-artifacts:/", &["HDFS".to_owned(), "http".to_owned()]);
        assert!(hosts.check("source", "hdfs://h/x").is_ok());
        assert!(hosts.check("source", "ftp://h/x").is_err());
        assert!(hosts.check("source", "http://evil.example/x").is_ok());
        assert!(!hosts.is_storage("http://evil.example/x"));
    }
}
