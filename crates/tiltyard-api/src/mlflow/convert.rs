//! Conversions that several features share, between MLflow's structs and the domain's.

use tiltyard_domain::entity::Tag;
use tiltyard_wire::mlflow::experiments as wire;

/// Tags as the domain has them.
pub(super) fn tags_in(tags: Vec<wire::Tag>) -> Vec<Tag> {
    tags.into_iter().map(|tag| Tag { key: tag.key, value: tag.value }).collect()
}

/// Tags as MLflow shows them.
pub(super) fn tags_out(tags: Vec<Tag>) -> Vec<wire::Tag> {
    tags.into_iter().map(|tag| wire::Tag { key: tag.key, value: tag.value }).collect()
}

/// A text that says something: MLflow takes empty ones for absent.
pub(super) fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// MLflow's word for whether something is deleted.
pub(super) fn lifecycle_stage(deleted: bool) -> String {
    if deleted { "deleted" } else { "active" }.to_owned()
}
