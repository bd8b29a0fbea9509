//! Where a version's bytes may come from: reading a `source` and deciding whether it may be taken.
//! A source is data. Nothing here or elsewhere in the server opens one.

use percent_encoding::percent_decode_str;

use crate::Refusal;
use crate::artifact_hosts::ArtifactHosts;
use crate::artifact_uri::is_below_route;
use crate::limits::DECODE_ROUNDS_MAX;
use crate::names::normalised;
use crate::pointer::Stage;
use crate::uri::Uri;

/// What clients send as the source of a prompt, which has no bytes.
const PROMPT_PLACEHOLDERS: [&str; 2] = ["dummy-source", "prompt-template"];

/// A source, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder of a file system, normalised without looking at it.
    LocalPath(String),
    /// `runs:/RUN/path`
    Run {
        /// The run.
        run_id: String,
    },
    /// `models:/m-…`
    LoggedModel {
        /// The logged model.
        model_id: String,
    },
    /// `models:/NAME/…`
    Version {
        /// The model.
        name: String,
        /// Which of its versions.
        selector: Selector,
    },
    /// `mlflow-artifacts:/…`, or the HTTP address of the same
    Proxied,
    /// Any other URI.
    Elsewhere,
}

/// Which version of a model a URI means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// `models:/NAME/3`
    Number(i64),
    /// `models:/NAME/Production`
    Stage(Stage),
    /// `models:/NAME/latest`
    Latest,
    /// `models:/NAME@champion`
    Alias(String),
}

/// Which field of a request must vouch for a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voucher {
    /// `run_id`
    Run,
    /// `model_id`
    LoggedModel,
}

impl Voucher {
    fn field(self) -> &'static str {
        match self {
            Self::Run => "run_id",
            Self::LoggedModel => "model_id",
        }
    }

    /// The refusal of a source that nothing vouches for.
    pub fn missing(self, source: &str) -> Refusal {
        Refusal::invalid(format!(
            "Invalid model version source: '{source}'. The {} request parameter must identify the resource that contains \
             the source.",
            self.field()
        ))
    }
}

impl Source {
    /// Reads the source of a model version.
    ///
    /// # Errors
    /// `InvalidValue` in MLflow's words for hosts that are not the server's own, relative paths and malformed `models:/`.
    pub fn parse(source: &str, voucher: Voucher, hosts: &ArtifactHosts) -> Result<Self, Refusal> {
        hosts.check("source", source)?;
        let uri = Uri::split(source);
        let names_host = !uri.authority.is_empty();
        if uri.is_local() {
            return Ok(Self::LocalPath(normalised(uri.path)));
        }
        if uri.scheme == "file" {
            return Err(foreign_folder(source));
        }
        if uri.scheme == "models" && names_host {
            return Err(Refusal::invalid(format!(
                "Invalid model version source: '{source}'. Registered model sources must use the active model registry."
            )));
        }
        check_absolute(source)?;
        match uri.scheme.as_str() {
            "models" => parse_models(uri.path).ok_or_else(|| Voucher::LoggedModel.missing(source)),
            "runs" if names_host => Err(voucher.missing(source)),
            "runs" => {
                let run_id = uri.path.trim_start_matches('/').split('/').next().unwrap_or_default();
                Ok(Self::Run { run_id: run_id.to_owned() })
            }
            "mlflow-artifacts" => Ok(Self::Proxied),
            "http" | "https" if is_below_route(uri.path) => Ok(Self::Proxied),
            _ => Ok(Self::Elsewhere),
        }
    }
}

/// Checks the source of a prompt version.
///
/// # Errors
/// `InvalidValue` when it is not one of the placeholders that MLflow's clients send.
pub fn check_prompt_source(source: &str) -> Result<(), Refusal> {
    if PROMPT_PLACEHOLDERS.contains(&source) {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder."
    )))
}

/// Checks that a local source lies in the artifact folder of the run or logged model that vouches for it.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_local(source: &str, path: &str, root: Option<&str>, voucher: Voucher) -> Result<(), Refusal> {
    let root = root.map(Uri::split).filter(Uri::is_local).map(|root| normalised(root.path));
    if root.is_some_and(|root| is_within(path, &root)) {
        return Ok(());
    }
    let field = voucher.field();
    let folder = match voucher {
        Voucher::Run => "artifact directory of the run specified by the run_id",
        Voucher::LoggedModel => "artifact directory of the run specified by the model_id",
    };
    Err(Refusal::invalid(format!(
        "Invalid model version source: '{source}'. To use a local path as a model version source, the {field} request \
         parameter has to be specified and the local path has to be contained within the {folder}."
    )))
}

/// Checks that a source lies in the artifact folder, given as a URI, of what vouches for it.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_within(source: &str, root: Option<&str>, voucher: Voucher) -> Result<(), Refusal> {
    let within = root.is_some_and(|root| {
        let (source, root) = (Uri::split(source), Uri::split(root));
        let is_path_within = || Some(is_within(&decoded_path(&source)?, &decoded_path(&root)?));
        source.scheme == root.scheme
            && source.authority.eq_ignore_ascii_case(root.authority)
            && is_path_within().unwrap_or(false)
    });
    if within { Ok(()) } else { Err(voucher.missing(source)) }
}

fn decoded_path(uri: &Uri<'_>) -> Option<String> {
    decoded(uri.path).map(|path| normalised(&path))
}

fn foreign_folder(source: &str) -> Refusal {
    Refusal::invalid(format!(
        "Invalid model version source: '{source}'. It names a folder of another machine. Register artifacts of this server, \
         or of an object store."
    ))
}

/// Refuses paths that are relative, also in disguise.
fn check_absolute(source: &str) -> Result<(), Refusal> {
    if decoded(source).is_some_and(|plain| is_absolute(&plain)) {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "Invalid model version source: '{source}'. If supplying a source as an http, https, local file path, ftp, \
         objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references \
         present. Please provide an absolute path."
    )))
}

fn is_absolute(plain: &str) -> bool {
    let path = Uri::split(plain).path.trim_end_matches('/');
    let hidden = plain.contains('\0')
        || plain.split('/').any(|part| part == "..")
        || path.split('/').any(|part| part == ".");
    path.starts_with('/') && !hidden
}

/// Decoded until nothing changes, because whoever reads the source later may decode once more. `None` when that takes
/// too many rounds: each is as long as the text, and a megabyte can be encoded half a million times over.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut text = text.replace('+', " ");
    for _ in 0..DECODE_ROUNDS_MAX {
        let once = percent_decode_str(&text).decode_utf8_lossy().replace('+', " ");
        if once == text {
            return Some(text);
        }
        text = once;
    }
    None
}

fn is_within(path: &str, root: &str) -> bool {
    let root = root.trim_end_matches('/');
    !root.is_empty() && path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn parse_models(path: &str) -> Option<Source> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts[..] {
        [name, suffix] if !name.trim().is_empty() && !suffix.trim().is_empty() => {
            Some(Source::Version { name: name.to_owned(), selector: selector(suffix)? })
        }
        [only] => match only.rsplit_once('@') {
            Some((name, alias)) if !name.is_empty() && !alias.trim().is_empty() => {
                Some(Source::Version { name: name.to_owned(), selector: Selector::Alias(alias.to_owned()) })
            }
            None if !only.trim().is_empty() => Some(Source::LoggedModel { model_id: only.to_owned() }),
            _ => None,
        },
        _ => None,
    }
}

fn selector(suffix: &str) -> Option<Selector> {
    if suffix.bytes().all(|byte| byte.is_ascii_digit()) {
        return suffix.parse().ok().map(Selector::Number);
    }
    if suffix.eq_ignore_ascii_case("latest") {
        return Some(Selector::Latest);
    }
    Stage::parse(suffix).ok().map(Selector::Stage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Result<Source, Refusal> {
        Source::parse(source, Voucher::Run, &ArtifactHosts::default())
    }

    fn version(name: &str, selector: Selector) -> Source {
        Source::Version { name: name.to_owned(), selector }
    }

    #[test]
    fn sources_are_told_apart() {
        for (source, expected) in [
            ("models:/fraud/3", version("fraud", Selector::Number(3))),
            ("models:/fraud/production", version("fraud", Selector::Stage(Stage::Production))),
            ("models:/fraud/Latest", version("fraud", Selector::Latest)),
            ("models:/fraud@champion", version("fraud", Selector::Alias("champion".to_owned()))),
            ("models:/m-1", Source::LoggedModel { model_id: "m-1".to_owned() }),
            ("runs:/abc/model", Source::Run { run_id: "abc".to_owned() }),
            ("mlflow-artifacts:/1/abc/artifacts/model", Source::Proxied),
            ("s3://bucket/path", Source::Elsewhere),
            ("/srv/models/a", Source::LocalPath("/srv/models/a".to_owned())),
            ("file:///srv/models//a/", Source::LocalPath("/srv/models/a".to_owned())),
        ] {
            assert_eq!(read(source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn hosts_and_relative_paths_are_refused_in_every_disguise() {
        for source in [
            "http://169.254.169.254/latest/meta-data",
            "https://h/a",
            "ftp://h/a",
            "file://remote/etc",
            "mlflow-artifacts://host:5000/1/a",
            "models://other/fraud/1",
            "mlflow-artifacts:/1/../2",
            "mlflow-artifacts:/1/%2e%2e/2",
            "mlflow-artifacts:/1/%252e%252e/2",
            "s3://bucket/a/../../b",
            "s3://bucket/a%00",
            "mlflow-artifacts:/1/./2",
            "s3://bucket",
            "models:/",
            "models:/a/b/c",
        ] {
            assert!(read(source).is_err(), "{source}");
        }
    }

    #[test]
    fn a_source_is_not_decoded_for_ever() {
        let encoded = |times| format!("s3://bucket/a%{}20b", "25".repeat(times));
        assert_eq!(read(&encoded(5)), Ok(Source::Elsewhere));
        assert!(read(&encoded(500_000)).is_err());
    }

    #[test]
    fn a_source_must_lie_below_what_vouches_for_it() {
        let root = Some("mlflow-artifacts:/1/abc/artifacts");
        assert!(check_within("mlflow-artifacts:/1/abc/artifacts/model", root, Voucher::Run).is_ok());
        assert!(check_within("mlflow-artifacts:/1/abc/artifacts", root, Voucher::Run).is_ok());
        for source in [
            "mlflow-artifacts:/1/abc/artifacts2/model",
            "mlflow-artifacts:/1/other/artifacts/model",
            "s3://1/abc/artifacts",
        ] {
            assert!(check_within(source, root, Voucher::Run).is_err(), "{source}");
        }
        assert!(check_within("mlflow-artifacts:/1/abc/artifacts/model", None, Voucher::Run).is_err());
        assert!(check_local("/srv/a/b", "/srv/a/b", Some("file:///srv/a"), Voucher::Run).is_ok());
        assert!(check_local("/srv/ab", "/srv/ab", Some("/srv/a"), Voucher::Run).is_err());
        assert!(check_local("/etc", "/etc", None, Voucher::LoggedModel).is_err());
    }

    #[test]
    fn a_source_may_name_the_host_of_the_own_storage() {
        let hosts = ArtifactHosts::new("https://registry.example/api/2.0/mlflow-artifacts/artifacts", &[]);
        let parse = |source| Source::parse(source, Voucher::Run, &hosts);
        let own = "https://registry.example/api/2.0/mlflow-artifacts/artifacts/1/abc/artifacts/model";
        assert_eq!(parse(own), Ok(Source::Proxied));
        assert_eq!(parse("https://registry.example/model"), Ok(Source::Elsewhere));
        assert!(parse("https://evil.example/api/2.0/mlflow-artifacts/artifacts/1").is_err());
    }
}
