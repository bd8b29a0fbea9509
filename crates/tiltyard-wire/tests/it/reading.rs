//! How requests are read, and where Tiltyard is stricter than MLflow, which runs half-read requests in these cases.

use tiltyard_wire::mlflow::datasets::SearchDatasets;
use tiltyard_wire::mlflow::experiments::{CreateExperiment, SearchExperiments, ViewType};
use tiltyard_wire::mlflow::logged_models::{FinalizeLoggedModel, LoggedModelStatus};
use tiltyard_wire::mlflow::runs::{CreateRun, GetRun, LogBatch, LogInputs, LogMetric, RunStatus, UpdateRun};
use tiltyard_wire::mlflow::versions::TransitionModelVersionStage;
use tiltyard_wire::mlflow::{FromMessage, Message, WireError};

fn read<T: FromMessage>(body: &str) -> Result<T, WireError> {
    Message::from_json(body.as_bytes()).and_then(T::from_message)
}

fn query<T: FromMessage>(query: &str) -> Result<T, WireError> {
    Message::from_query(query).and_then(T::from_message)
}

fn metric_value(json: &str) -> Result<f64, WireError> {
    let body = format!(r#"{{"run_id": "r", "key": "k", "value": {json}, "timestamp": 1}}"#);
    read::<LogMetric>(&body).map(|metric| metric.value)
}

fn start_time(json: &str) -> Result<Option<i64>, WireError> {
    read::<CreateRun>(&format!(r#"{{"startTime": {json}}}"#)).map(|run| run.start_time)
}

#[test]
fn a_byte_order_mark_before_a_body_means_nothing() {
    let mut message = Message::from_json(b"\xef\xbb\xbf{\"name\": \"n\"}").unwrap();
    assert_eq!(message.text("name").unwrap().as_deref(), Some("n"));
}

#[test]
fn both_spellings_are_read_and_unknown_fields_ignored() {
    let run: CreateRun =
        read(r#"{"experimentId": "1", "run_name": "n", "unknown": {"deep": [1]}, "unknown": 2}"#).unwrap();
    assert_eq!(run.experiment_id.as_deref(), Some("1"));
    assert_eq!(run.run_name.as_deref(), Some("n"));
    assert_eq!(run.start_time, None);
}

#[test]
fn empty_text_is_not_absent() {
    assert_eq!(read::<CreateRun>(r#"{"run_name": ""}"#).unwrap().run_name.as_deref(), Some(""));
    assert_eq!(read::<CreateRun>(r#"{"run_name": null}"#).unwrap().run_name, None);
}

#[test]
fn whole_numbers_come_as_numbers_text_and_whole_floats() {
    for (json, expected) in [
        ("12", 12),
        (r#""12""#, 12),
        ("1.0", 1),
        ("1e3", 1000),
        (r#""1.0""#, 1),
        (r#""1e3""#, 1000),
        (r#""-5""#, -5),
        ("9223372036854775807", i64::MAX),
        (r#""9223372036854775807""#, i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ] {
        assert_eq!(start_time(json).unwrap(), Some(expected), "{json}");
    }
}

#[test]
fn what_is_not_a_whole_number_of_64_bits_is_refused() {
    for json in
        ["1.5", "true", r#""x""#, r#""""#, "9223372036854775808", r#""9223372036854775808""#, "1e30", "[1]"]
    {
        assert!(start_time(json).is_err(), "{json}");
    }
}

#[test]
fn metric_values_may_be_text_and_need_not_be_finite() {
    assert_eq!(metric_value("1").unwrap().to_bits(), 1.0_f64.to_bits());
    assert_eq!(metric_value(r#""0.1""#).unwrap().to_bits(), 0.1_f64.to_bits());
    assert!(metric_value(r#""NaN""#).unwrap().is_nan());
    assert!(metric_value(r#""Infinity""#).unwrap() > f64::MAX);
    assert!(metric_value(r#""-Infinity""#).unwrap() < f64::MIN);
    for json in [r#""nan""#, r#""x""#, "[1]", "{}", "NaN", "1e999"] {
        assert!(metric_value(json).is_err(), "{json}");
    }
}

#[test]
fn enums_come_as_names_and_numbers() {
    for json in [r#""FINISHED""#, "3", r#""3""#] {
        let update: UpdateRun = read(&format!(r#"{{"run_id": "r", "status": {json}}}"#)).unwrap();
        assert_eq!(update.status, Some(RunStatus::Finished), "{json}");
    }
    let finalize: FinalizeLoggedModel = read(r#"{"model_id": "m", "status": "LOGGED_MODEL_READY"}"#).unwrap();
    assert_eq!(finalize.status, LoggedModelStatus::Ready);
    assert_eq!(query::<SearchExperiments>("view_type=ALL").unwrap().view_type, Some(ViewType::All));
    assert_eq!(query::<SearchExperiments>("view_type=2").unwrap().view_type, Some(ViewType::DeletedOnly));
    assert!(query::<SearchExperiments>("view_type=everything").is_err());
}

#[test]
fn queries_repeat_keys_for_lists() {
    let search: SearchExperiments = query("order_by=a&max_results=5&order_by=b+c%20d").unwrap();
    assert_eq!(search.order_by, ["a", "b c d"]);
    assert_eq!(search.max_results, Some(5));
    assert_eq!(query::<SearchExperiments>("orderBy=a").unwrap().order_by, ["a"]);
}

#[test]
fn queries_write_truth_values_as_text() {
    let archive = |text: &str| {
        query::<TransitionModelVersionStage>(&format!(
            "name=m&version=1&stage=s&archive_existing_versions={text}"
        ))
        .map(|request| request.archive_existing_versions)
    };
    assert_eq!(archive("True").unwrap(), Some(true));
    assert_eq!(archive("false").unwrap(), Some(false));
    assert_eq!(
        archive("yes").unwrap_err().to_string(),
        "Invalid boolean value: yes, must be 'true' or 'false'."
    );
}

#[test]
fn a_field_given_twice_must_say_the_same() {
    assert_eq!(read::<CreateExperiment>(r#"{"name": "a", "name": "a"}"#).unwrap().name, "a");
    let expected = "Request specifies 'name' more than once with different values; provide only one of them.";
    let refusal = read::<CreateExperiment>(r#"{"name": "a", "name": "b"}"#).unwrap_err();
    assert_eq!(refusal.to_string(), expected);
    assert!(read::<CreateExperiment>(r#"{"name": null, "name": "b"}"#).is_err());
    assert!(query::<GetRun>("run_id=a&run_id=b").is_err());
    assert!(query::<GetRun>("run_id=a&runId=a").is_err());
    assert!(query::<SearchExperiments>("order_by=a&orderBy=b").is_err());
    assert_eq!(query::<GetRun>("run_id=a&run_id=a").unwrap().run_id, "a");
}

#[test]
fn contradictions_inside_nested_messages_are_refused_with_their_path() {
    let body =
        r#"{"run_id": "r", "datasets": [{"dataset": {"name": "d", "source_type": "a", "sourceType": "b"}}]}"#;
    let refusal = read::<LogInputs>(body).unwrap_err();
    assert_eq!(refusal.parameter(), Some("datasets[0].dataset.source_type"));
    assert!(read::<LogInputs>(r#"{"run_id": "r", "datasets": [null]}"#).is_err());
    assert!(read::<CreateExperiment>(r#"{"name": "n", "tags": [{"key": 1}]}"#).is_err());
}

#[test]
fn the_old_name_of_a_run_id_is_read_when_the_new_one_is_absent() {
    assert_eq!(query::<GetRun>("run_uuid=old").unwrap().run_id, "old");
    assert_eq!(query::<GetRun>("run_uuid=old&run_id=new").unwrap().run_id, "new");
    assert_eq!(read::<UpdateRun>(r#"{"run_id": null, "runUuid": "old"}"#).unwrap().run_id, "old");
}

#[test]
fn a_body_that_was_encoded_twice_is_read() {
    assert_eq!(read::<CreateExperiment>(r#""{\"name\": \"n\"}""#).unwrap().name, "n");
}

#[test]
fn a_body_that_is_not_an_object_is_refused() {
    for (body, python_type) in
        [("[]", "list"), ("[1]", "list"), ("3", "int"), ("true", "bool"), (r#""\"x\"""#, "str")]
    {
        let refusal = read::<CreateExperiment>(body).unwrap_err().to_string();
        assert_eq!(
            refusal,
            format!("Request body must be a JSON object; it was of type '{python_type}'."),
            "{body}"
        );
    }
    for body in ["{bad", r#""abc""#, r#"{"name": "\ud800"}"#, r#"{"name": "a"} x"#] {
        let refusal = read::<CreateExperiment>(body).unwrap_err().to_string();
        assert!(refusal.starts_with("Request body is not valid JSON: "), "{body}: {refusal}");
    }
    assert!(Message::from_json(b"\xff\xfe").is_err());
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let body = format!(r#"{{"name": "n", "a": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(read::<CreateExperiment>(&body).is_err());
    let body = format!(r#"{{"name": "n", "a": {}{}}}"#, "[".repeat(100), "]".repeat(100));
    assert!(read::<CreateExperiment>(&body).is_ok());
}

#[test]
fn long_values_are_cut_in_errors() {
    let body = format!(r#"{{"experiment_ids": "{}"}}"#, "ä".repeat(100_000));
    assert!(read::<SearchDatasets>(&body).unwrap_err().to_string().len() < 1_000);
}

#[test]
fn a_batch_is_read_whole() {
    let batch: LogBatch = read(
        r#"{"run_id": "r", "metrics": [{"key": "a", "value": "NaN", "timestamp": "7", "step": 2}],
            "params": [{"key": "p", "value": "v"}], "tags": [{"key": "t"}]}"#,
    )
    .unwrap();
    assert!(batch.metrics[0].value.is_nan());
    assert_eq!((batch.metrics[0].timestamp, batch.metrics[0].step), (7, Some(2)));
    assert_eq!(batch.params[0].value, "v");
    assert_eq!(batch.tags[0].value, "");
}
