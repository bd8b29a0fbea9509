//! URIs that mean the server's own artifact store, in the spellings that clients use, and the folder each stands for.
//! Only the text is looked at. Nothing here, or anywhere in the server, opens a URI that a client supplied.

use crate::Refusal;
use crate::artifact_path::ArtifactPath;

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

/// Reads a URI. As in MLflow, a host in it is not compared with anything: behind proxies a server has many names.
///
/// # Errors
/// `InvalidValue` when the URI means the server's own store and its path is not a right one.
pub fn read(uri: &str) -> Result<Meaning, Refusal> {
    match own_path(uri) {
        Some(path) => ArtifactPath::parse_folder(path).map(Meaning::Own),
        None => Ok(Meaning::Elsewhere),
    }
}

/// The path part of a URI that means the server's own store, without slashes around it.
fn own_path(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = match scheme.to_ascii_lowercase().as_str() {
        "mlflow-artifacts" => without_authority(rest),
        "http" | "https" => below_route(without_authority(rest))?,
        _ => return None,
    };
    Some(path.trim_matches('/'))
}

fn without_authority(rest: &str) -> &str {
    let Some(authority_and_path) = rest.strip_prefix("//") else { return rest };
    authority_and_path.find('/').map_or("", |slash| &authority_and_path[slash..])
}

fn below_route(path: &str) -> Option<&str> {
    let (_, below) = path.split_once(ROUTE)?;
    (below.is_empty() || below.starts_with('/')).then_some(below)
}

#[cfg(test)]
mod tests {
    use super::{Meaning, read};
    use crate::artifact_path::ArtifactPath;

    #[test]
    fn the_spellings_of_the_own_store_are_understood() {
        for uri in [
            "mlflow-artifacts:/1/r/artifacts",
            "mlflow-artifacts:///1/r/artifacts/",
            "mlflow-artifacts://host:5000/1/r/artifacts",
            "MLFLOW-ARTIFACTS:1/r/artifacts?a=b#c",
            "http://host/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts",
            "https://host/prefix/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts",
        ] {
            let path = ArtifactPath::parse("1/r/artifacts").expect("a path");
            assert_eq!(read(uri), Ok(Meaning::Own(Some(path))), "{uri}");
        }
        for uri in
            ["mlflow-artifacts:/", "mlflow-artifacts://host", "http://h/api/2.0/mlflow-artifacts/artifacts"]
        {
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
            "",
        ] {
            assert_eq!(read(uri), Ok(Meaning::Elsewhere), "{uri}");
        }
    }

    #[test]
    fn a_path_that_leads_out_is_refused() {
        for uri in
            ["mlflow-artifacts:/../x", "mlflow-artifacts://h/a/%2e%2e/b", "mlflow-artifacts:/a/%252e%252e/b"]
        {
            assert!(read(uri).is_err(), "{uri}");
        }
    }
}
