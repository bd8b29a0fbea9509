//! How answers and our own requests are written.

use tiltyard_wire::mlflow::metrics::{GetMetricHistoryBulkResponse, Metric};
use tiltyard_wire::mlflow::runs::{GetRunResponse, Run, RunData, RunInfo, RunInputs, RunStatus, SearchRuns};
use tiltyard_wire::mlflow::{Empty, ErrorBody, ErrorCode, FromMessage, Message, to_json, to_json_line};

fn json<T: serde::Serialize>(message: &T) -> String {
    String::from_utf8_lossy(&to_json(message)).into_owned()
}

#[test]
fn answers_look_like_those_of_mlflow() {
    let info = RunInfo {
        run_uuid: "r".into(),
        experiment_id: "1".into(),
        user_id: Some(String::new()),
        status: Some(RunStatus::Running),
        start_time: Some(12),
        run_id: "r".into(),
        ..RunInfo::default()
    };
    let answer = GetRunResponse {
        run: Run {
            info,
            data: Some(RunData::default()),
            inputs: Some(RunInputs::default()),
            ..Run::default()
        },
    };
    let expected = r#"{
  "run": {
    "info": {
      "run_uuid": "r",
      "experiment_id": "1",
      "user_id": "",
      "status": "RUNNING",
      "start_time": 12,
      "run_id": "r"
    },
    "data": {},
    "inputs": {}
  }
}"#;
    assert_eq!(json(&answer), expected);
    assert_eq!(json(&Empty {}), "{}");
}

#[test]
fn numbers_that_are_not_finite_travel_as_text() {
    for (value, text) in [
        (f64::NAN, r#""NaN""#),
        (f64::INFINITY, r#""Infinity""#),
        (f64::NEG_INFINITY, r#""-Infinity""#),
        (1.0, "1.0"),
        (0.1, "0.1"),
    ] {
        let metric = Metric { key: "k".into(), value, ..Metric::default() };
        let written = serde_json::to_string(&metric).unwrap();
        assert!(written.contains(&format!(r#""value":{text}"#)), "{written}");
        let back: Metric = serde_json::from_str(&written).unwrap();
        assert!(back.value.total_cmp(&value).is_eq());
    }
}

#[test]
fn an_empty_bulk_history_still_says_so() {
    assert_eq!(serde_json::to_string(&GetMetricHistoryBulkResponse::default()).unwrap(), r#"{"metrics":[]}"#);
}

#[test]
fn our_requests_read_back_as_they_were() {
    let search = SearchRuns {
        experiment_ids: vec!["0".into(), "1".into()],
        filter: Some("metrics.a > 1".into()),
        max_results: Some(5),
        order_by: vec!["a".into(), "b".into()],
        ..SearchRuns::default()
    };
    let body = to_json(&search);
    assert_eq!(Message::from_json(&body).and_then(SearchRuns::from_message).unwrap(), search);
    let query = serde_html_form::to_string(&search).unwrap();
    assert_eq!(Message::from_query(&query).and_then(SearchRuns::from_message).unwrap(), search);
}

#[test]
fn every_error_code_is_found_by_its_name() {
    for code in ErrorCode::ALL {
        assert_eq!(ErrorCode::from_name(code.name()), Some(*code));
        assert!((400..600).contains(&code.status()));
    }
    let body = ErrorBody::new(ErrorCode::ResourceDoesNotExist, "No such run.");
    let text = concat!(
        r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No such run.","#,
        r#""sqlstate":"KAM00","error_class":"RESOURCE_NOT_FOUND"}"#
    );
    assert_eq!(to_json_line(&body), text.as_bytes());
}
