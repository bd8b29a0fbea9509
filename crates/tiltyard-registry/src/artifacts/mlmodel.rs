//! `MLmodel`, the file that describes a model: which other files it names.
//! It comes from a client: it is parsed, within bounds, and nothing that it names is run or opened.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Error as Fault;

/// The keys of flavors under which MLflow's flavors name files and folders of the model.
const PATH_KEYS: [&str; 9] = [
    "data",
    "model_path",
    "model_data",
    "model_binary",
    "pickled_model",
    "python_model",
    "code",
    "config",
    "env",
];

#[derive(Deserialize)]
struct Description {
    flavors: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    saved_input_example_info: Option<InputExample>,
}

#[derive(Deserialize)]
struct InputExample {
    #[serde(default)]
    artifact_path: Option<String>,
}

/// What a model takes and gives, each as the JSON text that its `MLmodel` holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Signature {
    /// What it takes.
    pub inputs: Option<String>,
    /// What it gives.
    pub outputs: Option<String>,
    /// What a caller may set.
    pub params: Option<String>,
}

/// The signature in an `MLmodel`, if it has one and can be read.
pub fn signature(text: &[u8]) -> Option<Signature> {
    #[derive(Deserialize)]
    struct Signed {
        signature: Option<Signature>,
    }

    serde_saphyr::from_slice::<Signed>(text).ok()?.signature
}

/// The files and folders that an `MLmodel` names, as it writes them; or what is wrong with it.
pub(super) fn named_paths(text: &[u8]) -> Result<Vec<String>, String> {
    let description = serde_saphyr::from_slice::<Description>(text).map_err(|error| fault(&error))?;
    if description.flavors.is_empty() {
        return Err("it names no flavor".to_owned());
    }
    let mut named: Vec<String> = description.flavors.into_values().flat_map(paths_of_flavor).collect();
    named.extend(description.saved_input_example_info.and_then(|example| example.artifact_path));
    Ok(named)
}

/// What is wrong, and where. The parser's own words are for those who call it, not for those who wrote the file.
fn fault(error: &Fault) -> String {
    let what = match error.without_snippet() {
        Fault::InvalidUtf8Input => return "it is no text in UTF-8".to_owned(),
        Fault::SerdeMissingField { field, .. } => return format!("it has no '{field}'"),
        Fault::DuplicateMappingKey { .. } => "the same key stands there twice",
        Fault::MultipleDocuments { .. } => "it holds several documents",
        Fault::Budget { .. }
        | Fault::AliasReplayLimitExceeded { .. }
        | Fault::AliasExpansionLimitExceeded { .. }
        | Fault::AliasReplayStackDepthExceeded { .. } => "it holds more than a description of a model may",
        Fault::Eof { .. } => "it ends too early",
        Fault::ExternalMessage { .. } | Fault::UnknownAnchor { .. } => "it is no YAML",
        _ => "another kind of value belongs here",
    };
    let place = error.location().map(|place| format!(" (line {}, column {})", place.line(), place.column()));
    format!("{what}{}", place.unwrap_or_default())
}

fn paths_of_flavor(mut flavor: BTreeMap<String, Value>) -> Vec<String> {
    let mut named: Vec<String> =
        PATH_KEYS.into_iter().filter_map(|key| flavor.remove(key)).flat_map(texts).collect();
    if let Some(Value::Object(artifacts)) = flavor.remove("artifacts") {
        let path = |artifact: Value| artifact.get("path").and_then(Value::as_str).map(str::to_owned);
        named.extend(artifacts.into_iter().filter_map(|(_, artifact)| path(artifact)));
    }
    named
}

/// The path that a value is, or those in it: `env` has one for each kind of environment.
fn texts(value: Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text],
        Value::Object(fields) => fields.into_iter().flat_map(|(_, field)| texts(field)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{named_paths, signature};

    #[test]
    fn the_files_that_stock_flavors_name_are_found() {
        let text = "artifact_path: model\nflavors:\n  python_function:\n    env:\n      conda: conda.yaml\n      \
                    virtualenv: python_env.yaml\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n    \
                    python_version: 3.11.2\n    artifacts:\n      vocabulary:\n        path: artifacts/v.txt\n        \
                    uri: /home/x/v.txt\n  sklearn:\n    code: null\n    pickled_model: model.pkl\n    \
                    sklearn_version: 1.7.0\nsaved_input_example_info:\n  artifact_path: input_example.json\n  type: \
                    dataframe\nsignature:\n  inputs: '[]'\n";
        let mut named = named_paths(text.as_bytes()).expect("a description");
        named.sort();
        named.dedup();
        assert_eq!(
            named,
            ["artifacts/v.txt", "conda.yaml", "input_example.json", "model.pkl", "python_env.yaml"]
        );
    }

    #[test]
    fn the_signature_is_read_where_there_is_one() {
        let text = "flavors: {}\nsignature:\n  inputs: '[{\"type\": \"double\"}]'\n  params: null\n";
        let found = signature(text.as_bytes()).expect("a signature");
        assert_eq!((found.inputs.as_deref(), found.outputs), (Some("[{\"type\": \"double\"}]"), None));
        for text in ["flavors: {}", "signature: null", "signature: 3", "- 1", ""] {
            assert_eq!(signature(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_words_for_those_who_wrote_the_file() {
        let long = format!("flavors: {{}}\nx: [{}]", "1,".repeat(300_000));
        for (text, expected) in [
            ("", "it ends too early (line 1, column 1)"),
            ("{}", "it has no 'flavors'"),
            ("flavors: {}", "it names no flavor"),
            ("flavors: [1]", "another kind of value belongs here (line 1, column 10)"),
            ("- 1", "another kind of value belongs here (line 1, column 1)"),
            ("flavors: {a: {b: .nan}}", "another kind of value belongs here (line 1, column 18)"),
            ("flavors: {}\nflavors: {}", "the same key stands there twice (line 2, column 1)"),
            ("flavors: {}\n---\na: b", "it holds several documents (line 3, column 1)"),
            ("flavors: {a: {b: *nobody}}", "it is no YAML (line 1, column 18)"),
            ("flavors: {a: [", "another kind of value belongs here (line 1, column 14)"),
            ("a: 'x", "it is no YAML (line 1, column 4)"),
            ("\u{0}", "it is no YAML (line 1, column 1)"),
            (&long, "it holds more than a description of a model may (line 2, column 499995)"),
        ] {
            assert_eq!(named_paths(text.as_bytes()), Err(expected.to_owned()), "{text:.40}");
        }
        assert_eq!(named_paths(b"flavors: \xff"), Err("it is no text in UTF-8".to_owned()));
    }
}
