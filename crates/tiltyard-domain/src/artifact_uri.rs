//! URIs that mean the server's own artifact store, in the spellings that clients use, and the folder each stands for.
//! Only the text is looked at. Nothing here, or anywhere in the server, opens a URI that a client supplied.

use crate::Refusal;
use crate::artifact_hosts::ArtifactHosts;
use crate::artifact_path::ArtifactPath;
use crate::uri::Uri;

/// The route that serves artifacts; an HTTP address that contains it is one of the store's.
const ROUTE: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// Where a URI leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Into the server's own store: to a folder, or to all of it.
    Own(Option<ArtifactPath>),
    /// To some place that the server knows nothing of.
    Elsewhere,
}

/// Reads a URI. One that names another host than that of the server's own storage is of some other place, whatever its path.
///
/// # Errors
/// `InvalidValue` when the URI means the server's own store and its path is not a right one.
pub fn read(uri: &str, hosts: &ArtifactHosts) -> Result<Meaning, Refusal> {
    match own_path(uri).filter(|_| hosts.is_storage(uri)) {
        Some(path) => ArtifactPath::parse_folder(path).map(Meaning::Own),
        None => Ok(Meaning::Elsewhere),
    }
}

/// The folder inside `root` that a URI means, where it means one. Both are compared as text, so that nothing but what is
/// spelled as the root is lies below it.
///
/// # Errors
/// `InvalidValue` when the URI begins as the root does and its path is not a right one.
pub fn below(root: &str, uri: &str) -> Result<Option<Option<ArtifactPath>>, Refusal> {
    let (root, uri) = (bare(root), bare(uri));
    match uri.strip_prefix(root.trim_end_matches('/')) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            ArtifactPath::parse_folder(rest.trim_matches('/')).map(Some)
        }
        _ => Ok(None),
    }
}

/// A path of this machine and its `file` URI are the same place.
fn bare(uri: &str) -> &str {
    uri.strip_prefix("file://").filter(|path| path.starts_with('/')).unwrap_or(uri)
}

/// The path part of a URI that means an artifact store of a server, without slashes around it.
fn own_path(uri: &str) -> Option<&str> {
    let uri = Uri::split(uri);
    let path = match uri.scheme.as_str() {
        "mlflow-artifacts" => uri.path,
        "http" | "https" => below_route(uri.path)?,
        _ => return None,
    };
    Some(path.trim_matches('/'))
}

/// Whether the path of an HTTP address leads to artifacts of a server.
pub(crate) fn is_below_route(path: &str) -> bool {
    below_route(path).is_some()
}

fn below_route(path: &str) -> Option<&str> {
    let (_, below) = path.split_once(ROUTE)?;
    (below.is_empty() || below.starts_with('/')).then_some(below)
}

#[cfg(test)]
mod tests {
    use super::{Meaning, Refusal};
    use crate::artifact_hosts::ArtifactHosts;
    use crate::artifact_path::ArtifactPath;

    fn read(uri: &str) -> Result<Meaning, Refusal> {
        super::read(uri, &ArtifactHosts::new("mlflow-artifacts://host", &[]))
    }

    #[test]
    fn the_spellings_of_the_own_store_are_understood() {
        for uri in [
            "mlflow-artifacts:/1/r/artifacts",
            "mlflow-artifacts:///1/r/artifacts/",
            "mlflow-artifacts://host/1/r/artifacts",
            "MLFLOW-ARTIFACTS:1/r/artifacts?a=b#c",
            "http://host/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts",
            "https://host/prefix/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts",
        ] {
            let path = ArtifactPath::parse("1/r/artifacts").expect("a path");
            assert_eq!(read(uri), Ok(Meaning::Own(Some(path))), "{uri}");
        }
        for uri in [
            "mlflow-artifacts:/",
            "mlflow-artifacts://host",
            "http://host/api/2.0/mlflow-artifacts/artifacts",
        ] {
            assert_eq!(read(uri), Ok(Meaning::Own(None)), "{uri}");
        }
    }

    #[test]
    fn other_places_stay_other_places() {
        for uri in [
            "s3://bucket/1",
            "file:///etc",
            "/etc/passwd",
            "mlruns",
            "http://host/x",
            "http://host/api/2.0/mlflow-artifacts/artifactsX/1",
            "http://other/api/2.0/mlflow-artifacts/artifacts/1",
            "mlflow-artifacts://host:5000/1",
            "mlflow-artifacts://other/1",
            "",
        ] {
            assert_eq!(read(uri), Ok(Meaning::Elsewhere), "{uri}");
        }
    }

    #[test]
    fn what_lies_below_a_root_is_told_by_its_text() {
        let below = |root: &str, uri: &str| super::below(root, uri).expect("no path that leads out");
        let path = |text: &str| Some(Some(ArtifactPath::parse(text).expect("a path")));
        for root in ["s3://bucket/runs", "s3://bucket/runs/"] {
            assert_eq!(below(root, "s3://bucket/runs/1/r/artifacts"), path("1/r/artifacts"));
            assert_eq!(below(root, "s3://bucket/runs/"), Some(None));
            for uri in ["s3://bucket/runs2/1", "s3://bucket", "gs://bucket/runs/1", "S3://bucket/runs/1"] {
                assert_eq!(below(root, uri), None, "{uri}");
            }
        }
        for root in ["/srv/runs", "file:///srv/runs"] {
            for uri in ["/srv/runs/1", "file:///srv/runs/1"] {
                assert_eq!(below(root, uri), path("1"), "{root} {uri}");
            }
            assert_eq!(below(root, "file://host/srv/runs/1"), None);
        }
        for uri in ["/srv/runs/../x", "/srv/runs/a/%2e%2e/x", "/srv/runs/a/..%2fx"] {
            assert!(super::below("/srv/runs", uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn a_path_that_leads_out_is_refused() {
        for uri in [
            "mlflow-artifacts:/../x",
            "mlflow-artifacts://host/a/%2e%2e/b",
            "mlflow-artifacts:/a/%252e%252e/b",
        ] {
            assert!(read(uri).is_err(), "{uri}");
        }
    }
}
