//! Whatever comes in, reading ends with a message or a refusal, never a panic.

use proptest::prelude::*;
use tiltyard_wire::mlflow::runs::{LogBatch, LogMetric, SearchRuns};
use tiltyard_wire::mlflow::{FromMessage, Message};

fn json_like() -> impl Strategy<Value = String> {
    let key = prop_oneof!["run_id", "runId", "metrics", "key", "value", "timestamp", "step", "[a-z_]{0,6}"];
    let leaf = prop_oneof!["null", "true", "-?[0-9]{1,25}", "[0-9]\\.[0-9]e[0-9]{1,3}", "\"[^\"\\\\]{0,5}\""];
    leaf.prop_recursive(4, 64, 5, move |inner| {
        let pair = (key.clone(), inner.clone()).prop_map(|(key, value)| format!("\"{key}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(pair, 0..5).prop_map(|pairs| format!("{{{}}}", pairs.join(","))),
        ]
    })
}

fn read_all(message: &Message<'_>) {
    drop(LogBatch::from_message(message.clone()));
    drop(LogMetric::from_message(message.clone()));
    drop(SearchRuns::from_message(message.clone()));
}

proptest! {
    #[test]
    fn any_bytes_can_be_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(message) = Message::from_json(&body) {
            read_all(&message);
        }
    }

    #[test]
    fn any_json_can_be_read_or_refused(body in json_like()) {
        if let Ok(message) = Message::from_json(body.as_bytes()) {
            read_all(&message);
        }
    }

    #[test]
    fn any_query_can_be_read_or_refused(query in "[a-z_=&%+0-9]{0,60}") {
        if let Ok(message) = Message::from_query(&query) {
            read_all(&message);
        }
    }

    #[test]
    fn every_whole_number_survives(number in any::<i64>()) {
        for json in [format!("{number}"), format!("\"{number}\"")] {
            let body = format!(r#"{{"run_id":"r","key":"k","value":1,"timestamp":{json}}}"#);
            let metric = Message::from_json(body.as_bytes()).and_then(LogMetric::from_message);
            prop_assert_eq!(metric.map(|metric| metric.timestamp), Ok(number));
        }
    }
}
