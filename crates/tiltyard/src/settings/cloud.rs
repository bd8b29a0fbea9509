//! A store in a cloud: its address, and the variables of that cloud's own tools and of MLflow that say how it is reached.
//! Whether they are right is found out when the store is opened.

use std::collections::BTreeMap;

use serde_json::Value;
use tiltyard_blobs::{CloudAddress, CloudKind, CloudSettings};

use super::SettingsError;
use super::catalogue::{BUCKET_OWNER, UPLOAD_ARGUMENTS};
use super::environment::Environment;
use super::input::Given;

/// What MLflow lets one add to every upload, and the variable of Amazon's that says the same.
const SAME: [(&str, &str); 2] =
    [("ServerSideEncryption", "AWS_SERVER_SIDE_ENCRYPTION"), ("SSEKMSKeyId", "AWS_SSE_KMS_KEY_ID")];

/// The store at an address that is not a setting: bytes were kept there before.
pub(crate) fn cloud_at(destination: &str, environment: &Environment) -> Result<CloudSettings, SettingsError> {
    resolve(Given { text: destination, origin: "--artifacts-destination" }, environment)
}

pub(super) fn resolve(given: Given<'_>, environment: &Environment) -> Result<CloudSettings, SettingsError> {
    let address = CloudAddress::parse(given.text).map_err(|sentence| given.refuse(sentence))?;
    let mut options = options_for(&address, environment);
    if address.kind() == CloudKind::S3 {
        if let Some(given) = environment.text(&BUCKET_OWNER, None) {
            return Err(given.refuse(
                "the owner of a bucket cannot be checked here; unset it, and let the policy of the credentials name the \
                 bucket",
            ));
        }
        if let Some(given) = environment.text(&UPLOAD_ARGUMENTS, None) {
            options.extend(upload_arguments(given)?);
        }
        check_encryption(&options)?;
    }
    Ok(CloudSettings { address, options })
}

/// A store that clients write by themselves and the server only looks at, if it is one that it knows how to reach.
pub(super) fn looked_at(address: &str, environment: &Environment) -> Option<CloudSettings> {
    let address = CloudAddress::parse(address).ok()?;
    let options = options_for(&address, environment);
    Some(CloudSettings { address, options })
}

fn options_for(address: &CloudAddress, environment: &Environment) -> BTreeMap<String, String> {
    let value = |name: &str| Some((name.to_owned(), environment.get(name)?.to_owned()));
    address.kind().variables().filter_map(value).collect()
}

fn upload_arguments(given: Given<'_>) -> Result<Vec<(String, String)>, SettingsError> {
    let sentence =
        "this is no JSON object; write {\"ServerSideEncryption\": \"aws:kms\", \"SSEKMSKeyId\": \"KEY\"}";
    let Ok(Value::Object(arguments)) = serde_json::from_str(given.text) else {
        return Err(given.refuse(sentence));
    };
    let option = |(name, value): (String, Value)| {
        let same = SAME.iter().find(|(known, _)| *known == name);
        let (Some((_, variable)), Value::String(value)) = (same, value) else {
            return Err(given.refuse(format!(
                "`{name}` cannot be added to uploads here; only ServerSideEncryption and SSEKMSKeyId can, as text"
            )));
        };
        Ok(((*variable).to_owned(), value))
    };
    arguments.into_iter().map(option).collect()
}

fn check_encryption(options: &BTreeMap<String, String>) -> Result<(), SettingsError> {
    let refuse = |origin, sentence: &str| Err(SettingsError::Value { origin, sentence: sentence.to_owned() });
    match options.get("AWS_SERVER_SIDE_ENCRYPTION").map(String::as_str) {
        None if options.contains_key("AWS_SSE_KMS_KEY_ID") => refuse(
            "AWS_SSE_KMS_KEY_ID",
            "a key says nothing alone; set AWS_SERVER_SIDE_ENCRYPTION=aws:kms as well",
        ),
        None | Some("AES256" | "aws:kms" | "aws:kms:dsse") => Ok(()),
        Some(_) => refuse(
            "AWS_SERVER_SIDE_ENCRYPTION",
            "this is no encryption that is known here; write AES256, aws:kms or aws:kms:dsse",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(address: &str, variables: &[(&str, &str)]) -> Result<CloudSettings, String> {
        let given = Given { text: address, origin: "--artifacts-destination" };
        let environment = variables
            .iter()
            .fold(Environment::new("/srv"), |environment, (name, value)| environment.with(*name, *value));
        resolve(given, &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn a_store_is_told_the_variables_of_its_own_cloud() {
        let all = [
            ("AWS_ACCESS_KEY_ID", "a"),
            ("MLFLOW_S3_ENDPOINT_URL", "http://s3"),
            ("GOOGLE_APPLICATION_CREDENTIALS", "/g"),
            ("AZURE_STORAGE_ACCESS_KEY", "z"),
        ];
        let names = |address| resolved(address, &all).unwrap().options.into_keys().collect::<Vec<_>>();
        assert_eq!(names("s3://b/x"), ["AWS_ACCESS_KEY_ID", "MLFLOW_S3_ENDPOINT_URL"]);
        assert_eq!(names("gs://b"), ["GOOGLE_APPLICATION_CREDENTIALS"]);
        assert_eq!(names("abfss://c@a.dfs.core.windows.net/x"), ["AZURE_STORAGE_ACCESS_KEY"]);
    }

    #[test]
    fn encryption_is_said_in_amazons_words_or_in_mlflows() {
        let given = r#"{"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key"}"#;
        let options = resolved("s3://b", &[("MLFLOW_S3_UPLOAD_EXTRA_ARGS", given)]).unwrap().options;
        assert_eq!(options["AWS_SERVER_SIDE_ENCRYPTION"], "aws:kms");
        assert_eq!(options["AWS_SSE_KMS_KEY_ID"], "key");
        for (variable, value, expected) in [
            ("MLFLOW_S3_UPLOAD_EXTRA_ARGS", r#"{"ACL": "public-read"}"#, "`ACL` cannot be added"),
            ("MLFLOW_S3_UPLOAD_EXTRA_ARGS", r#"{"SSEKMSKeyId": 1}"#, "as text"),
            ("MLFLOW_S3_UPLOAD_EXTRA_ARGS", "[]", "no JSON object"),
            ("AWS_SERVER_SIDE_ENCRYPTION", "rot13", "no encryption that is known"),
            ("AWS_SSE_KMS_KEY_ID", "key", "set AWS_SERVER_SIDE_ENCRYPTION=aws:kms"),
            ("MLFLOW_S3_EXPECTED_BUCKET_OWNER", "1234", "cannot be checked here"),
        ] {
            let refused = resolved("s3://b", &[(variable, value)]).unwrap_err();
            assert!(refused.contains(expected) && refused.contains(variable), "{refused}");
        }
    }

    #[test]
    fn a_refusal_and_what_is_shown_never_repeat_a_secret() {
        let secret = [("AWS_SECRET_ACCESS_KEY", "hunter2")];
        let shown = format!("{:?}", resolved("s3://b", &secret).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(!resolved("s3://key:hunter2@b", &[]).unwrap_err().contains("hunter2"));
    }
}
