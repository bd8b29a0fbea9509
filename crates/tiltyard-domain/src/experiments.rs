//! Rules of experiments: names, ids, tags, locations.

use std::collections::HashSet;

use crate::artifact_hosts::ArtifactHosts;
use crate::entity::{NewExperiment, Tag};
use crate::names::{check_key, check_length, whole_number};
use crate::uri::Uri;
use crate::{Refusal, limits, source};

/// Schemes whose paths can end in parameters, as Python's `urlparse` has it; an empty one stands for a plain path.
const SCHEMES_WITH_PARAMS: &[&str] = &["", "ftp", "hdfs", "http", "https", "sftp"];

/// Reads an experiment id as clients write it; empty means MLflow's default, 0.
///
/// # Errors
/// `InvalidValue` in MLflow's words when it is no integer.
pub fn parse_id(text: &str) -> Result<i64, Refusal> {
    if text.is_empty() { Ok(0) } else { parse_given_id(text) }
}

/// Reads an experiment id where MLflow has no default.
///
/// # Errors
/// `InvalidValue` in MLflow's words when it is no integer.
pub fn parse_given_id(text: &str) -> Result<i64, Refusal> {
    whole_number(text).ok_or_else(|| {
        Refusal::invalid(format!("Invalid experiment ID '{text}'. Experiment ID must be a valid integer."))
    })
}

/// Checks what a caller says of an experiment to be made, whose location may have so many characters.
///
/// # Errors
/// `InvalidValue` in MLflow's words; `AlreadyExists` when a tag is given twice, as in MLflow.
pub fn check_new(
    new: &NewExperiment,
    location_length_max: usize,
    hosts: &ArtifactHosts,
) -> Result<(), Refusal> {
    check_name(&new.name)?;
    new.tags.iter().try_for_each(check_tag)?;
    check_tags_differ(&new.tags)?;
    match &new.location {
        Some(location) => check_location(location, location_length_max, hosts),
        None => Ok(()),
    }
}

/// Checks an experiment's name.
///
/// # Errors
/// `InvalidValue` when it is empty or too long.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::invalid(format!("Invalid experiment name: '{name}'")));
    }
    check_length("name", name, limits::EXPERIMENT_NAME_LENGTH_MAX)
}

/// Checks an experiment's tag.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_tag(tag: &Tag) -> Result<(), Refusal> {
    check_key("key", &tag.key)?;
    check_length("key", &tag.key, limits::KEY_LENGTH_MAX)?;
    check_length("value", &tag.value, limits::EXPERIMENT_TAG_VALUE_LENGTH_MAX)
}

fn check_tags_differ(tags: &[Tag]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    match tags.iter().find(|tag| !seen.insert(&tag.key)) {
        Some(tag) => Err(Refusal::exists(format!(
            "The tag '{}' is given more than once; nothing was made. Give it once.",
            tag.key
        ))),
        None => Ok(()),
    }
}

fn check_location(location: &str, length_max: usize, hosts: &ArtifactHosts) -> Result<(), Refusal> {
    let uri = Uri::split(location);
    if has_fragment_or_params(&uri) {
        return Err(Refusal::invalid("'artifact_location' URL can't include fragments or params."));
    }
    // Whoever puts a path behind the query, and then resolves the whole, must not be led upwards.
    if source::decoded(uri.query).is_none_or(|query| query.contains("..")) {
        return Err(Refusal::invalid("Invalid query string"));
    }
    hosts.check("artifact_location", location)?;
    if location.starts_with("runs:") {
        return Err(Refusal::invalid(format!(
            "Artifact location cannot be a runs:/ URI. Given: '{location}'"
        )));
    }
    if location.chars().count() > length_max {
        return Err(Refusal::invalid(format!(
            "Invalid artifact path length. The length of the artifact path cannot be greater than {length_max} \
             characters. Provide a shorter one."
        )));
    }
    Ok(())
}

/// Whether a URI ends in `#` with something behind it, or has parameters (`;`) in the last segment of its path, for
/// those schemes that have such parameters.
fn has_fragment_or_params(location: &Uri<'_>) -> bool {
    let last_segment = location.path.rsplit('/').next().unwrap_or_default();
    let params = last_segment.split_once(';').map_or("", |(_, params)| params);
    let has_params = SCHEMES_WITH_PARAMS.contains(&location.scheme.as_str()) && !params.is_empty();
    !location.fragment.is_empty() || has_params
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(location: &str, tags: &[&str]) -> Result<(), Refusal> {
        let tags = tags.iter().map(|key| Tag { key: (*key).to_owned(), value: String::new() }).collect();
        check_new(
            &NewExperiment { name: "e".to_owned(), location: Some(location.to_owned()), tags },
            20,
            &ArtifactHosts::default(),
        )
    }

    #[test]
    fn locations_have_neither_fragments_nor_params() {
        for location in
            ["s3://bucket/a", "s3://bucket/a?b=c", "s3://bucket/a;b", "/srv/a;b/c", "s3://bucket/a#"]
        {
            assert_eq!(check(location, &[]), Ok(()), "{location}");
        }
        assert_eq!(check("s3://b?p=%252e.", &[]).unwrap_err().message, "Invalid query string");
        for location in ["s3://bucket/a#b", "/srv/a#b", "/srv/a;b", "hdfs://h/a;b"] {
            assert!(check(location, &[]).unwrap_err().message.contains("fragments or params"), "{location}");
        }
        assert!(
            check("s3://bucket/a/b/c/d/e", &[]).unwrap_err().message.contains("greater than 20 characters.")
        );
    }

    #[test]
    fn a_tag_is_given_once() {
        assert_eq!(check("s3://bucket", &["a", "b"]), Ok(()));
        assert_eq!(
            check("s3://bucket", &["a", "b", "a"]).unwrap_err().kind,
            crate::RefusalKind::AlreadyExists
        );
    }
}
