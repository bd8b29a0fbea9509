//! What `mlflow server` 3.17.2 answers to wrong input, recorded from a running one, word for word.

use tiltyard_wire::mlflow::experiments::{CreateExperiment, GetExperiment, SearchExperiments};
use tiltyard_wire::mlflow::logged_models::{FinalizeLoggedModel, SearchLoggedModels, SetLoggedModelTags};
use tiltyard_wire::mlflow::metrics::GetMetricHistoryBulkInterval;
use tiltyard_wire::mlflow::models::{GetLatestVersions, SearchRegisteredModels};
use tiltyard_wire::mlflow::runs::{GetRun, LogBatch, LogMetric, LogOutputs, SearchRuns, UpdateRun};
use tiltyard_wire::mlflow::versions::{GetModelVersion, SearchModelVersions, TransitionModelVersionStage};
use tiltyard_wire::mlflow::{FromMessage, Message, WireError};

const SEE_DOCS: &str = " See the API docs for more information about request parameters.";

fn refusal_of_body<T: FromMessage>(body: &str) -> String {
    let refusal = Message::from_json(body.as_bytes()).and_then(T::from_message).err();
    text_without_hint(refusal)
}

fn refusal_of_query<T: FromMessage>(query: &str) -> String {
    text_without_hint(Message::from_query(query).and_then(T::from_message).err())
}

fn text_without_hint(refusal: Option<WireError>) -> String {
    let text = refusal.map_or_else(|| "accepted".to_owned(), |error| error.to_string());
    text.strip_suffix(SEE_DOCS).map(|start| format!("{start} …")).unwrap_or(text)
}

fn missing(parameter: &str) -> String {
    format!("Missing value for required parameter '{parameter}'. …")
}

fn invalid(json: &str, parameter: &str, python_type: &str) -> String {
    format!(
        "Invalid value {json} for parameter '{parameter}' supplied:  Hint: Value was of type '{python_type}'. …"
    )
}

#[test]
fn what_is_needed_and_absent_null_or_empty_is_missing() {
    for body in ["{}", r#"{"name": ""}"#, r#"{"name": null}"#, "", "null"] {
        assert_eq!(refusal_of_body::<CreateExperiment>(body), missing("name"), "{body}");
    }
    assert_eq!(refusal_of_query::<GetExperiment>(""), missing("experiment_id"));
    assert_eq!(refusal_of_query::<GetRun>("run_id="), missing("run_id"));
    assert_eq!(refusal_of_query::<GetModelVersion>("name=m"), missing("version"));
    assert_eq!(refusal_of_query::<GetModelVersion>("name=&version="), missing("name"));
    assert_eq!(refusal_of_body::<LogOutputs>(r#"{"run_id": "r"}"#), missing("models"));
    assert_eq!(refusal_of_body::<SearchLoggedModels>("{}"), missing("experiment_ids"));
    assert_eq!(refusal_of_body::<FinalizeLoggedModel>("{}"), missing("model_id"));
    assert_eq!(refusal_of_body::<FinalizeLoggedModel>(r#"{"model_id": "m"}"#), missing("status"));
}

#[test]
fn text_that_is_not_text_is_refused_with_its_python_type() {
    for (json, python_type) in
        [("5", "int"), ("1.5", "float"), ("true", "bool"), (r#"["a"]"#, "list"), (r#"{"a":2,"b":1}"#, "dict")]
    {
        let body = format!(r#"{{"name": {json}}}"#);
        assert_eq!(refusal_of_body::<CreateExperiment>(&body), invalid(json, "name", python_type));
    }
    let body = r#"{"name": {"b": 1, "a": 2}}"#;
    assert_eq!(refusal_of_body::<CreateExperiment>(body), invalid(r#"{"a":2,"b":1}"#, "name", "dict"));
}

#[test]
fn lists_that_are_not_lists_are_refused() {
    let tags = r#"{"name": "n", "tags": "x"}"#;
    assert_eq!(refusal_of_body::<CreateExperiment>(tags), invalid(r#""x""#, "tags", "str"));
    let order = r#"{"order_by": [1]}"#;
    assert_eq!(refusal_of_body::<SearchRuns>(order), invalid("[1]", "order_by", "list"));
    let stages = r#"{"name": "m", "stages": "x"}"#;
    assert_eq!(refusal_of_body::<GetLatestVersions>(stages), invalid(r#""x""#, "stages", "str"));
    assert_eq!(refusal_of_body::<SetLoggedModelTags>(r#"{"tags": "x"}"#), invalid(r#""x""#, "tags", "str"));
    let metrics = r#"{"run_id": "r", "metrics": {}}"#;
    assert_eq!(refusal_of_body::<LogBatch>(metrics), invalid("{}", "metrics", "dict"));
}

#[test]
fn two_spellings_of_a_field_are_refused_even_with_one_value() {
    let expected =
        "Request specifies both 'artifact_location' and 'artifactLocation'; provide only one of them.";
    for (snake, camel) in [(r#""/a""#, r#""/b""#), (r#""/a""#, r#""/a""#), ("null", r#""/a""#)] {
        let body = format!(r#"{{"name": "n", "artifact_location": {snake}, "artifactLocation": {camel}}}"#);
        assert_eq!(refusal_of_body::<CreateExperiment>(&body), expected);
    }
}

#[test]
fn wrong_numbers_are_refused() {
    let metric = |name: &str, json: &str| {
        let mut fields = vec![("value", "1"), ("timestamp", "1"), ("step", "1")];
        fields.retain(|(field, _)| *field != name);
        fields.push((name, json));
        let fields: Vec<_> = fields.iter().map(|(field, json)| format!(r#""{field}": {json}"#)).collect();
        refusal_of_body::<LogMetric>(&format!(r#"{{"run_id": "r", "key": "k", {}}}"#, fields.join(", ")))
    };
    assert_eq!(metric("value", r#""x""#), invalid(r#""x""#, "value", "str"));
    assert_eq!(metric("value", "null"), missing("value"));
    assert_eq!(metric("value", r#""""#), missing("value"));
    assert_eq!(metric("timestamp", r#""1.5""#), invalid(r#""1.5""#, "timestamp", "str"));
    assert_eq!(metric("timestamp", r#""x""#), invalid(r#""x""#, "timestamp", "str"));
    assert_eq!(metric("timestamp", r#""""#), invalid(r#""""#, "timestamp", "str"));
    assert_eq!(metric("timestamp", "null"), missing("timestamp"));
    assert_eq!(metric("step", r#""x""#), invalid(r#""x""#, "step", "str"));
    assert_eq!(metric("step", "null"), "accepted");
}

#[test]
fn a_batch_says_which_item_lacks_what() {
    let batch = |items: &str| refusal_of_body::<LogBatch>(&format!(r#"{{"run_id": "r", {items}}}"#));
    let second = r#""metrics": [{"key": "a", "value": 1, "timestamp": 1}, {"value": 1, "timestamp": 1}]"#;
    assert_eq!(batch(second), missing("metrics[1].key"));
    assert_eq!(batch(r#""metrics": [{"key": "a", "timestamp": 1}]"#), missing("metrics[0].value"));
    assert_eq!(batch(r#""metrics": [{"key": "a", "value": 1}]"#), missing("metrics[0].timestamp"));
    assert_eq!(batch(r#""params": [{"value": "x"}]"#), missing("params[0].key"));
    assert_eq!(batch(r#""tags": [{}]"#), missing("tags[0].key"));
    assert_eq!(batch(r#""params": [{"key": "p"}]"#), "accepted");
    assert_eq!(refusal_of_body::<LogBatch>("{}"), missing("run_id"));
}

#[test]
fn pages_beyond_the_limit_are_refused_as_they_were_written() {
    let runs = |json: &str| refusal_of_body::<SearchRuns>(&format!(r#"{{"max_results": {json}}}"#));
    assert_eq!(runs("50001"), invalid("50001", "max_results", "int"));
    assert_eq!(runs(r#""50001""#), invalid(r#""50001""#, "max_results", "str"));
    assert_eq!(runs("2147483648"), invalid("2147483648", "max_results", "int"));
    assert_eq!(runs("50000"), "accepted");
    let models = refusal_of_query::<SearchRegisteredModels>("max_results=1001");
    assert_eq!(models, invalid(r#""1001""#, "max_results", "str"));
    let versions = refusal_of_query::<SearchModelVersions>("max_results=200001");
    assert_eq!(versions, invalid(r#""200001""#, "max_results", "str"));
    let experiments = refusal_of_query::<SearchExperiments>("max_results=x");
    assert_eq!(experiments, invalid(r#""x""#, "max_results", "str"));
}

#[test]
fn histories_by_interval_have_limits_of_their_own() {
    let history =
        |rest: &str| refusal_of_query::<GetMetricHistoryBulkInterval>(&format!("metric_key=m{rest}"));
    assert_eq!(history(""), missing("run_ids"));
    let page = "max_results must be between 1 and 2500. …";
    assert_eq!(history("&run_ids=a&max_results=0"), page);
    assert_eq!(history("&run_ids=a&max_results=9999"), page);
    assert_eq!(history("&run_ids=a&start_step=x&end_step=2"), invalid(r#""x""#, "start_step", "str"));
    assert_eq!(
        history(&"&run_ids=a".repeat(101)),
        "GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received 101 run_ids. …"
    );
}

#[test]
fn truth_values_in_json_are_not_text() {
    let transition = |json: &str| {
        let body = format!(
            r#"{{"name": "m", "version": "1", "stage": "Staging", "archive_existing_versions": {json}}}"#
        );
        refusal_of_body::<TransitionModelVersionStage>(&body)
    };
    assert_eq!(transition(r#""true""#), invalid(r#""true""#, "archive_existing_versions", "str"));
    assert_eq!(transition("1"), invalid("1", "archive_existing_versions", "int"));
    assert_eq!(transition("null"), "accepted");
    let version = r#"{"name": "m", "version": 1, "stage": "Staging"}"#;
    assert_eq!(refusal_of_body::<TransitionModelVersionStage>(version), invalid("1", "version", "int"));
}

#[test]
fn an_enum_number_that_nobody_knows_is_refused() {
    let body = r#"{"run_id": "r", "status": 77}"#;
    assert_eq!(refusal_of_body::<UpdateRun>(body), invalid("77", "status", "int"));
}
