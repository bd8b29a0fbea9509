//! The list of models in a run's tag: what is kept of a model's description, written as Python's `json.dumps` writes it.
//! Values inside are kept as the client wrote them, so that its own text comes back.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use tiltyard_domain::names::{check_length, python_quoted, quoted};
use tiltyard_domain::{Refusal, Timestamp, limits};

use crate::limits::SHOWN_LENGTH_MAX;

/// Fields that a description must have.
const MANDATORY: [&str; 4] = ["artifact_path", "flavors", "utc_time_created", "run_id"];
/// The field of a flavor that is not kept: it can be large.
const LEFT_OUT: &str = "config";

/// What a client says of a model it has logged.
#[derive(Debug)]
pub(super) struct ModelDescription {
    run_id: Option<String>,
    artifact_path: Option<String>,
    created: Option<String>,
    model_uuid: String,
    flavors: String,
}

impl ModelDescription {
    /// Reads the JSON of a description.
    pub(super) fn read(json: &str) -> Result<Self, Refusal> {
        check_length("model_json", json, limits::MODEL_HISTORY_LENGTH_MAX)?;
        let fields: Object = serde_json::from_str(json).map_err(|_| malformed(json))?;
        let missing: Vec<String> =
            MANDATORY.into_iter().filter(|name| fields.get(name).is_none()).map(python_quoted).collect();
        if !missing.is_empty() {
            return Err(Refusal::invalid(format!(
                "Model json is missing mandatory fields: {{{}}}",
                missing.join(", ")
            )));
        }
        Ok(Self {
            run_id: fields.given("run_id"),
            artifact_path: fields.given("artifact_path"),
            created: created(&fields)?,
            model_uuid: fields.given("model_uuid").unwrap_or_else(|| "null".to_owned()),
            flavors: fields.given("flavors").map_or_else(|| Ok("{}".to_owned()), |json| flavors(&json))?,
        })
    }

    /// The entry of the list. A description without a time gets the present.
    pub(super) fn entry(&self, now: Timestamp) -> String {
        let created = self.created.clone().unwrap_or_else(|| quoted(&python_time(now)));
        let fields = [
            ("run_id", self.run_id.as_ref()),
            ("artifact_path", self.artifact_path.as_ref()),
            ("utc_time_created", Some(&created)),
            ("model_uuid", Some(&self.model_uuid)),
            ("flavors", Some(&self.flavors)),
        ];
        object(fields.into_iter().filter_map(|(name, value)| Some((name, value?.as_str()))))
    }
}

/// The list with one more entry.
pub(super) fn appended(list: Option<&str>, entry: &str) -> Result<String, Refusal> {
    let known: Vec<&RawValue> = serde_json::from_str(list.unwrap_or("[]")).map_err(|_| {
        Refusal::invalid(
            "The run's tag 'mlflow.log-model.history' holds no JSON list. Delete the tag, then log the model again.",
        )
    })?;
    let entries: Vec<&str> = known.into_iter().map(RawValue::get).chain([entry]).collect();
    Ok(format!("[{}]", entries.join(", ")))
}

fn created(fields: &Object) -> Result<Option<String>, Refusal> {
    match fields.given("utc_time_created") {
        None => Ok(None),
        Some(json) if json == "\"\"" => Ok(None),
        Some(json) if json.starts_with('"') => Ok(Some(json)),
        Some(_) => Err(Refusal::invalid("The field 'utc_time_created' of a model json must be text.")),
    }
}

fn flavors(json: &str) -> Result<String, Refusal> {
    let flavors: Object = serde_json::from_str(json)
        .map_err(|_| Refusal::invalid("The field 'flavors' of a model json must be an object."))?;
    let kept: Vec<(String, String)> =
        flavors.0.iter().map(|(name, config)| (name.clone(), without_config(config))).collect();
    Ok(object(kept.iter().map(|(name, config)| (name.as_str(), config.as_str()))))
}

fn without_config(flavor: &RawValue) -> String {
    match serde_json::from_str::<Object>(flavor.get()) {
        Ok(Object(fields)) => {
            let kept = fields.iter().filter(|(name, _)| name != LEFT_OUT);
            object(kept.map(|(name, value)| (name.as_str(), value.get())))
        }
        // A flavor that is no object is kept as it is.
        Err(_) => flavor.get().to_owned(),
    }
}

fn object<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let fields: Vec<String> = fields.map(|(name, json)| format!("{}: {json}", quoted(name))).collect();
    format!("{{{}}}", fields.join(", "))
}

fn malformed(json: &str) -> Refusal {
    let shown: String = json.chars().take(SHOWN_LENGTH_MAX).collect();
    Refusal::invalid(format!("Malformed model info. \n {shown} \n is not a valid JSON."))
}

/// A time as Python shows it; like Python, without a fraction where there is none.
fn python_time(time: Timestamp) -> String {
    let format = if time.0 % 1_000 == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S%.6f" };
    let moment = jiff::Timestamp::from_millisecond(time.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.strftime(format).to_string()
}

/// A JSON object that keeps the order of its fields. As in Python, the last value of a repeated field stands, in the place
/// of the first.
struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_ref())
    }

    /// The JSON of a field that is there and is not null.
    fn given(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.get().to_owned()).filter(|json| json != "null")
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut fields: Vec<(String, Box<RawValue>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            if let Some(&place) = places.get(&name) {
                fields[place].1 = value;
            } else {
                places.insert(name.clone(), fields.len());
                fields.push((name, value));
            }
        }
        Ok(Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(json: &str) -> Result<String, Refusal> {
        Ok(ModelDescription::read(json)?.entry(Timestamp(1_767_225_600_250)))
    }

    #[test]
    fn what_is_kept_is_what_mlflow_keeps_in_its_order_and_spelling() {
        let json = r#"{"artifact_path": "m", "flavors": {"sk": {"a": 1, "config": {"x": 1}, "f": 1.0}, "s": "str", "ü": {}},
            "utc_time_created": "2024", "run_id": "r", "model_uuid": "u", "signature": {"inputs": "[]"}}"#;
        assert_eq!(
            entry(json).unwrap(),
            r#"{"run_id": "r", "artifact_path": "m", "utc_time_created": "2024", "model_uuid": "u", "flavors": {"sk": {"a": 1, "f": 1.0}, "s": "str", "\u00fc": {}}}"#
        );
    }

    #[test]
    fn nulls_are_left_out_and_a_missing_time_is_the_present() {
        let json = r#"{"artifact_path": null, "flavors": null, "utc_time_created": null, "run_id": null}"#;
        assert_eq!(
            entry(json).unwrap(),
            r#"{"utc_time_created": "2026-01-01 00:00:00.250000", "model_uuid": null, "flavors": {}}"#
        );
        let twice =
            r#"{"run_id": "a", "artifact_path": "p", "run_id": "b", "flavors": {}, "utc_time_created": ""}"#;
        assert!(entry(twice).unwrap().starts_with(r#"{"run_id": "b", "artifact_path": "p","#));
    }

    #[test]
    fn descriptions_that_say_too_little_are_refused() {
        for (json, expected) in [
            ("{", "Malformed model info. \n { \n is not a valid JSON."),
            ("[]", "is not a valid JSON."),
            (r#"{"flavors": {}}"#, "{'artifact_path', 'utc_time_created', 'run_id'}"),
            (r#"{"artifact_path": 1, "flavors": [1], "utc_time_created": "", "run_id": ""}"#, "'flavors'"),
            (
                r#"{"artifact_path": 1, "flavors": {}, "utc_time_created": 5, "run_id": ""}"#,
                "'utc_time_created'",
            ),
        ] {
            let message = entry(json).unwrap_err().message;
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn lists_grow_and_what_is_no_list_is_refused() {
        assert_eq!(appended(None, "{}").unwrap(), "[{}]");
        assert_eq!(appended(Some("[1,  {\"a\": 2}]"), "{}").unwrap(), "[1, {\"a\": 2}, {}]");
        assert!(appended(Some("{}"), "{}").is_err() && appended(Some("junk"), "{}").is_err());
    }
}
