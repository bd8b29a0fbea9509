//! A version was registered from a logged model; the model lists its versions in a tag, as MLflow's clients expect.

use serde::Deserialize;
use tiltyard_domain::entity::Tag;
use tiltyard_domain::logged_models::VERSIONS_TAG;
use tiltyard_domain::names::quoted;
use tiltyard_store::Tx;

use crate::Error;

/// An entry of the list.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Registered {
    name: String,
    version: i64,
}

/// Adds a version to the list of those registered from a logged model. Part of the transaction that makes the version.
///
/// # Errors
/// `NotFound` without a logged model of that id that is not deleted.
pub fn record_registration(tx: &mut Tx<'_>, model_id: &str, name: &str, version: i64) -> Result<(), Error> {
    let row = super::active_row(tx, model_id)?;
    let known = tx.logged_model_tag(row.key, VERSIONS_TAG)?;
    let mut versions = read(known.as_deref());
    let new = Registered { name: name.to_owned(), version };
    if !versions.contains(&new) {
        versions.push(new);
    }
    let tag = Tag { key: VERSIONS_TAG.to_owned(), value: written(&versions) };
    Ok(tx.set_logged_model_tag(row.key, &tag)?)
}

/// The list so far. Clients may write any tag; one that holds no such list must not stand in the way of a registration.
fn read(list: Option<&str>) -> Vec<Registered> {
    list.and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default()
}

/// The list as Python's `json.dumps` writes it.
fn written(versions: &[Registered]) -> String {
    let entries: Vec<String> = versions
        .iter()
        .map(|Registered { name, version }| format!("{{\"name\": {}, \"version\": {version}}}", quoted(name)))
        .collect();
    format!("[{}]", entries.join(", "))
}
