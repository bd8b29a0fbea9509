//! Where artifact bytes live, and what clients are told about it.
//! Reading and writing them is `tiltyard-blobs`' work.

use std::path::PathBuf;

use tiltyard_blobs::{CloudKind, CloudSettings};

use super::SettingsError;
use super::arguments::ServerArguments;
use super::catalogue::{ARTIFACT_ROOT, ARTIFACTS_DESTINATION, HOST_SCHEMES, SEAL_KEY_FILE, SERVE_ARTIFACTS};
use super::cloud;
use super::environment::Environment;
use super::input::Given;
use super::uri::{absolute, file_uri, path_of_file_uri, scheme};

const PROXIED_ROOT: &str = "mlflow-artifacts:/";
const UNPROXIED_ROOT: &str = "./mlruns";
const DEFAULT_FOLDER: &str = "./mlartifacts";

/// Everything about artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArtifactSettings {
    /// Where new experiments keep theirs.
    pub(crate) root: ArtifactRoot,
    /// Whether they pass through this server.
    pub(crate) proxy: Option<Destination>,
    /// The file with the keys that seal what the proxy keeps.
    pub(crate) seal_key_file: Option<PathBuf>,
    /// Schemes under which a location may name any host.
    pub(crate) host_schemes: Vec<String>,
    /// What is said about clouds, for places in them that bytes were kept in before.
    pub(crate) clouds: Environment,
}

/// The root that new experiments get, as data for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArtifactRoot {
    /// Clients send artifacts to this server.
    Proxied {
        /// An address of the `mlflow-artifacts` scheme.
        uri: String,
    },
    /// Clients write into a folder that they share with this server.
    LocalFolder {
        /// The folder as clients are told: an absolute path, or a `file` address if one was given.
        uri: String,
        /// The folder itself.
        folder: PathBuf,
    },
    /// Clients write into a bucket that this server can look at, if it has the credentials.
    Bucket {
        /// The address as given.
        uri: String,
        /// How it is reached.
        settings: Box<CloudSettings>,
    },
    /// Clients reach a store of which this server knows no more than the address.
    Remote {
        /// The address as given.
        uri: String,
    },
}

/// Where bytes are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// In this folder.
    Folder(PathBuf),
    /// In this store.
    Cloud(Box<CloudSettings>),
}

impl ArtifactRoot {
    /// The root as clients are told.
    pub(crate) fn uri(&self) -> &str {
        match self {
            Self::Proxied { uri }
            | Self::LocalFolder { uri, .. }
            | Self::Bucket { uri, .. }
            | Self::Remote { uri } => uri,
        }
    }
}

pub(super) fn resolve(
    arguments: &ServerArguments,
    environment: &Environment,
    notices: &mut Vec<String>,
) -> Result<ArtifactSettings, SettingsError> {
    let serves = environment.switch(&SERVE_ARTIFACTS, arguments.serve_artifacts())?.unwrap_or(true);
    let root = root(arguments, environment, serves)?;
    if !serves && matches!(root, ArtifactRoot::Proxied { .. }) {
        notices.push(format!(
            "new experiments point at {}, but this server does not serve artifacts: name another root with \
             --default-artifact-root, or drop --no-serve-artifacts",
            root.uri()
        ));
    }
    let proxy = if serves { Some(proxy(arguments, environment)?) } else { None };
    let seal_key_file = seal_key_file(arguments, environment, proxy.as_ref(), notices)?;
    let (host_schemes, clouds) = (host_schemes(environment), environment.of_clouds());
    Ok(ArtifactSettings { root, proxy, seal_key_file, host_schemes, clouds })
}

fn seal_key_file(
    arguments: &ServerArguments,
    environment: &Environment,
    proxy: Option<&Destination>,
    notices: &mut Vec<String>,
) -> Result<Option<PathBuf>, SettingsError> {
    let flag = arguments.artifacts_seal_key_file.as_deref();
    let Some(given) = environment.text(&SEAL_KEY_FILE, flag) else { return Ok(None) };
    match proxy {
        None => {
            return Err(given.refuse(
                "it seals artifacts in this server's own folder, and with --no-serve-artifacts there is none",
            ));
        }
        Some(Destination::Cloud(cloud)) => notices.push(format!(
            "{} seals nothing in {}: its keys open local folders that were used before; the cloud encrypts by itself",
            given.origin, cloud.address
        )),
        Some(Destination::Folder(_)) => {}
    }
    Ok(Some(absolute(environment.working_folder(), given.text.as_ref())))
}

fn host_schemes(environment: &Environment) -> Vec<String> {
    let given = environment.text(&HOST_SCHEMES, None).map_or("", |given| given.text);
    given.split(',').map(str::trim).filter(|scheme| !scheme.is_empty()).map(str::to_owned).collect()
}

fn root(
    arguments: &ServerArguments,
    environment: &Environment,
    serves: bool,
) -> Result<ArtifactRoot, SettingsError> {
    let default =
        Given { text: if serves { PROXIED_ROOT } else { UNPROXIED_ROOT }, origin: "--default-artifact-root" };
    let given =
        environment.text(&ARTIFACT_ROOT, arguments.default_artifact_root.as_deref()).unwrap_or(default);
    parse_root(given, environment)
}

fn parse_root(given: Given<'_>, environment: &Environment) -> Result<ArtifactRoot, SettingsError> {
    let uri = given.text.to_owned();
    if uri.split(['/', ':']).any(|part| part == "..") && scheme(&uri).is_some() {
        return Err(given.refuse("`..` is not allowed in an address; write the path that is meant"));
    }
    match scheme(&uri).as_deref() {
        Some("mlflow-artifacts") => Ok(ArtifactRoot::Proxied { uri }),
        Some("file") => file_root(given, environment),
        Some("sqlite" | "postgresql" | "mysql" | "mssql") => {
            Err(given
                .refuse("this is a database, not a place for files; write a folder or mlflow-artifacts:/"))
        }
        Some(_) => Ok(match cloud::looked_at(&uri, environment) {
            Some(settings) => ArtifactRoot::Bucket { uri, settings: Box::new(settings) },
            None => ArtifactRoot::Remote { uri },
        }),
        None => {
            let folder = absolute(environment.working_folder(), uri.as_ref());
            Ok(ArtifactRoot::LocalFolder { uri: folder.to_string_lossy().into_owned(), folder })
        }
    }
}

/// An absolute address is handed on as it was given; a relative one means nothing to a client elsewhere.
fn file_root(given: Given<'_>, environment: &Environment) -> Result<ArtifactRoot, SettingsError> {
    let rest = given.text.get("file:".len()..).unwrap_or_default();
    let path = path_of_file_uri(rest).map_err(|sentence| given.refuse(sentence))?;
    if path.is_absolute() {
        return Ok(ArtifactRoot::LocalFolder { uri: given.text.to_owned(), folder: path });
    }
    let folder = absolute(environment.working_folder(), &path);
    Ok(ArtifactRoot::LocalFolder { uri: file_uri(&folder), folder })
}

fn proxy(arguments: &ServerArguments, environment: &Environment) -> Result<Destination, SettingsError> {
    let default = Given { text: DEFAULT_FOLDER, origin: "--artifacts-destination" };
    let given = environment
        .text(&ARTIFACTS_DESTINATION, arguments.artifacts_destination.as_deref())
        .unwrap_or(default);
    destination(given, environment)
}

/// A place for files that is no setting of a server, by the same addresses and variables.
pub(crate) fn destination_at(text: &str, origin: &'static str) -> Result<Destination, SettingsError> {
    destination(Given { text, origin }, &Environment::of_process()?)
}

fn destination(given: Given<'_>, environment: &Environment) -> Result<Destination, SettingsError> {
    if scheme(given.text).as_deref().and_then(CloudKind::of_scheme).is_some() {
        return Ok(Destination::Cloud(Box::new(cloud::resolve(given, environment)?)));
    }
    let path = destination_path(given.text).map_err(|sentence| given.refuse(sentence))?;
    Ok(Destination::Folder(absolute(environment.working_folder(), &path)))
}

fn destination_path(text: &str) -> Result<PathBuf, String> {
    match scheme(text).as_deref() {
        None => Ok(PathBuf::from(text)),
        Some("file") => path_of_file_uri(text.get("file:".len()..).unwrap_or_default()),
        Some("mlflow-artifacts" | "http" | "https") => Err(
            "this is the address of a server, not a place for files; write a local folder, s3://BUCKET/FOLDER, \
             gs://BUCKET/FOLDER or wasbs://CONTAINER@ACCOUNT.blob.core.windows.net/FOLDER"
                .to_owned(),
        ),
        Some(other) => Err(format!(
            "artifacts are not kept in `{other}` stores; write a local folder or an address of S3, Google Cloud or Azure, \
             or let clients reach the store by themselves with --no-serve-artifacts and --default-artifact-root"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{ArtifactRoot, Given, destination_path, parse_root};
    use crate::settings::Environment;

    fn read(text: &str) -> Result<ArtifactRoot, String> {
        let given = Given { text, origin: "--default-artifact-root" };
        parse_root(given, &Environment::new("/srv/x")).map_err(|error| error.to_string())
    }

    #[test]
    fn roots_are_told_apart_and_made_absolute_as_in_mlflow() {
        let folder =
            |uri: &str, folder: &str| ArtifactRoot::LocalFolder { uri: uri.into(), folder: folder.into() };
        assert_eq!(read("./mlruns").unwrap(), folder("/srv/x/mlruns", "/srv/x/mlruns"));
        assert_eq!(read("/abs/x").unwrap(), folder("/abs/x", "/abs/x"));
        assert_eq!(read("file:///abs/x").unwrap(), folder("file:///abs/x", "/abs/x"));
        assert_eq!(read("file:./rel%20a").unwrap(), folder("file:///srv/x/rel%20a", "/srv/x/rel a"));
        assert_eq!(read("file:a b").unwrap(), folder("file:///srv/x/a%20b", "/srv/x/a b"));
        let bucket = read("s3://b/x").unwrap();
        assert!(matches!(&bucket, ArtifactRoot::Bucket { uri, .. } if uri == "s3://b/x"), "{bucket:?}");
        assert_eq!(read("hdfs://n/x").unwrap(), ArtifactRoot::Remote { uri: "hdfs://n/x".into() });
        for uri in ["mlflow-artifacts:/", "mlflow-artifacts:/a/b", "mlflow-artifacts://host:80/a"] {
            assert_eq!(read(uri).unwrap(), ArtifactRoot::Proxied { uri: uri.into() });
        }
    }

    #[test]
    fn roots_that_lead_elsewhere_are_refused() {
        for text in ["mlflow-artifacts:/../x", "s3://b/../c", "file://elsewhere/x", "sqlite:///x.db"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn destinations_are_local_folders() {
        let check = |text: &str, expected: &str| {
            assert_eq!(destination_path(text), Ok(PathBuf::from(expected)), "{text}");
        };
        check("./mlartifacts", "./mlartifacts");
        check("file:///srv/bytes", "/srv/bytes");
    }

    #[test]
    fn other_destinations_are_refused_with_what_to_do() {
        for text in ["hdfs://n/x", "ftp://h/x"] {
            let sentence = destination_path(text).unwrap_err();
            assert!(sentence.contains("--no-serve-artifacts"), "{sentence}");
        }
        for text in ["mlflow-artifacts:/", "http://h/x", "file://elsewhere/x"] {
            assert!(destination_path(text).is_err(), "{text}");
        }
    }
}
