//! `MLmodel`, the file that describes a model: which other files it names.
//! It comes from a client: it is parsed, within bounds, and nothing that it names is run or opened.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

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

/// The files and folders that an `MLmodel` names, as it writes them; or what is wrong with it.
pub(super) fn named_paths(text: &[u8]) -> Result<Vec<String>, String> {
    let parsed = serde_saphyr::from_slice::<Description>(text);
    // The parser's message goes on to show the place in the text.
    let first_line = |message: String| message.lines().next().unwrap_or_default().to_owned();
    let description = parsed.map_err(|error| first_line(error.to_string()))?;
    if description.flavors.is_empty() {
        return Err("it names no flavor".to_owned());
    }
    let mut named: Vec<String> = description.flavors.into_values().flat_map(paths_of_flavor).collect();
    named.extend(description.saved_input_example_info.and_then(|example| example.artifact_path));
    Ok(named)
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
    use super::named_paths;

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
    fn what_is_no_description_is_refused_in_one_line() {
        for text in ["", "flavors: {}", "flavors: [1]", "a: [", "\u{0}", "x: &a [*a, *a]", "- 1"] {
            let reason = named_paths(text.as_bytes()).expect_err(text);
            assert!(!reason.contains('\n') && !reason.is_empty(), "{reason}");
        }
    }
}
