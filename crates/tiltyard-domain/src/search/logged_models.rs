//! What logged models can be searched and sorted by. Their filter speaks a dialect of its own: entities in the plural
//! only, and text that may stand without quotes. Metrics here are observations, each on a dataset or on none.

use std::fmt::{self, Display, Formatter};

use super::checks::{
    TextRule, experiment_id_test, named, number_test, split_identifier, text_test, time_test,
    unknown_attribute, unquoted,
};
use super::orders::{append_unless_named, refuse_too_many, without_duplicates};
use super::place::shorten;
use super::syntax::{Clause, clauses};
use super::tree::{Comparison, Filter, Key, Order, Test};
use crate::Refusal;

/// A dataset by name, or one state of it by digest too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatasetScope {
    /// The name of the dataset. In an order-by it may be left out.
    pub name: Option<String>,
    /// The digest of the dataset.
    pub digest: Option<String>,
}

/// What a logged model can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedModelField {
    /// A property of the model itself.
    Attribute(LoggedModelAttribute),
    /// Any observation of a metric. `NaN` is `NaN` here; MLflow keeps it as zero for logged models.
    Metric {
        /// The name of the metric.
        key: String,
        /// Where observations count: on any of these, or everywhere if there are none.
        datasets: Vec<DatasetScope>,
    },
    /// A parameter.
    Param(String),
    /// A tag.
    Tag(String),
    /// Present if the model has any observation, of any metric, on any of these datasets.
    Measured {
        /// The datasets, never none.
        datasets: Vec<DatasetScope>,
    },
}

/// What logged models can be sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedModelOrderField {
    /// A property of the model itself.
    Attribute(LoggedModelAttribute),
    /// The latest observation of a metric in a scope: by time, then by step, then by smallest run id.
    Metric {
        /// The name of the metric.
        key: String,
        /// Where observations count.
        dataset: DatasetScope,
    },
}

/// A property of a logged model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoggedModelAttribute {
    /// Where its artifacts are, text.
    ArtifactLocation,
    /// When it was made, milliseconds.
    CreationTimestamp,
    /// The id of its experiment, a whole number.
    ExperimentId,
    /// When it was last changed, milliseconds.
    LastUpdatedTimestamp,
    /// `active` or `deleted`.
    LifecycleStage,
    /// The id, text.
    ModelId,
    /// The kind of model, text; may be missing.
    ModelType,
    /// The name, text.
    Name,
    /// The run it came from, text; may be missing.
    SourceRunId,
    /// The status by its name, such as `READY`. (MLflow compares with a number behind the name, which no client knows.)
    Status,
    /// What is said of the status, text; may be missing.
    StatusMessage,
}

const ATTRIBUTES: &[(&str, LoggedModelAttribute)] = &[
    ("artifact_location", LoggedModelAttribute::ArtifactLocation),
    ("creation_time", LoggedModelAttribute::CreationTimestamp),
    ("creation_timestamp", LoggedModelAttribute::CreationTimestamp),
    ("creation_timestamp_ms", LoggedModelAttribute::CreationTimestamp),
    ("experiment_id", LoggedModelAttribute::ExperimentId),
    ("last_updated_timestamp", LoggedModelAttribute::LastUpdatedTimestamp),
    ("last_updated_timestamp_ms", LoggedModelAttribute::LastUpdatedTimestamp),
    ("lifecycle_stage", LoggedModelAttribute::LifecycleStage),
    ("model_id", LoggedModelAttribute::ModelId),
    ("model_type", LoggedModelAttribute::ModelType),
    ("name", LoggedModelAttribute::Name),
    ("source_run_id", LoggedModelAttribute::SourceRunId),
    ("status", LoggedModelAttribute::Status),
    ("status_message", LoggedModelAttribute::StatusMessage),
];

const TEXT: TextRule<'_> = TextRule {
    lists: true,
    presence: false,
    bare_words: true,
    expected: "Expected a string value.",
    no_list: "Expected a string value, not a list.",
    no_presence: "Invalid comparison: IS NULL and IS NOT NULL are not supported here. Expected a comparison with 3 tokens.",
};

/// One field to sort by, as a client sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedModelOrderRequest {
    /// An attribute, or `metrics.` and the name of a metric.
    pub field_name: String,
    /// Smallest first.
    pub ascending: bool,
    /// For a metric: where observations count.
    pub dataset: DatasetScope,
}

/// Reads a filter of logged models. The datasets, each named, say where the metrics of the filter must have been
/// measured; if it compares no metric, where the model must have been measured at all.
pub fn parse_logged_model_filter(
    text: &str,
    datasets: &[DatasetScope],
) -> Result<Filter<LoggedModelField>, Refusal> {
    if datasets.iter().any(|dataset| dataset.name.as_deref().unwrap_or_default().is_empty()) {
        return Err(Refusal::invalid("`dataset_name` in the `datasets` clause must be specified."));
    }
    let clauses = clauses(text)?;
    let mut comparisons: Vec<_> =
        clauses.iter().map(|clause| comparison(clause, datasets)).collect::<Result<_, _>>()?;
    let compares_metric =
        comparisons.iter().any(|found| matches!(found.field, LoggedModelField::Metric { .. }));
    if !datasets.is_empty() && !compares_metric {
        let field = LoggedModelField::Measured { datasets: datasets.to_vec() };
        comparisons.push(Comparison { field, test: Test::Present(true) });
    }
    Ok(Filter { comparisons })
}

/// Reads the order of logged models: as asked, then newest first, then by id.
pub fn parse_logged_model_order(
    requests: &[LoggedModelOrderRequest],
) -> Result<Vec<Order<LoggedModelOrderField>>, Refusal> {
    refuse_too_many(requests.len())?;
    let asked = requests.iter().map(order).collect::<Result<_, _>>()?;
    let mut found = without_duplicates(asked);
    let attribute = LoggedModelOrderField::Attribute;
    append_unless_named(&mut found, Order::descending(attribute(LoggedModelAttribute::CreationTimestamp)));
    append_unless_named(&mut found, Order::ascending(attribute(LoggedModelAttribute::ModelId)));
    Ok(found)
}

fn comparison(
    clause: &Clause<'_>,
    datasets: &[DatasetScope],
) -> Result<Comparison<LoggedModelField>, Refusal> {
    let field =
        field(clause.identifier.value, datasets).map_err(|message| clause.refuse_identifier(message))?;
    let test = test(clause, &field)?;
    Ok(Comparison { field, test })
}

fn field(identifier: &str, datasets: &[DatasetScope]) -> Result<LoggedModelField, String> {
    let (entity, key) = split_identifier(identifier);
    let key = unquoted(key);
    match entity {
        None | Some("attributes") => named(ATTRIBUTES, key)
            .map(LoggedModelField::Attribute)
            .ok_or_else(|| unknown_attribute(ATTRIBUTES, key)),
        Some("metrics") => Ok(LoggedModelField::Metric { key: key.to_owned(), datasets: datasets.to_vec() }),
        Some("params") => Ok(LoggedModelField::Param(key.to_owned())),
        Some("tags") => Ok(LoggedModelField::Tag(key.to_owned())),
        Some(other) => {
            let valid = "['attributes', 'metrics', 'params', 'tags']";
            Err(format!("Invalid entity type: '{}'. Expected one of {valid}.", shorten(other)))
        }
    }
}

fn test(clause: &Clause<'_>, field: &LoggedModelField) -> Result<Test, Refusal> {
    if !clause.takes_value() {
        return Err(clause.refuse_operator(TEXT.no_presence));
    }
    match field {
        LoggedModelField::Metric { .. } => number_test(clause, "Expected numeric value type for metric."),
        LoggedModelField::Attribute(
            LoggedModelAttribute::CreationTimestamp | LoggedModelAttribute::LastUpdatedTimestamp,
        ) => time_test(clause, "Expected numeric value type for numeric attribute."),
        LoggedModelField::Attribute(LoggedModelAttribute::ExperimentId) => experiment_id_test(clause, &TEXT),
        _ => text_test(clause, &TEXT),
    }
}

fn order(request: &LoggedModelOrderRequest) -> Result<Order<LoggedModelOrderField>, Refusal> {
    let name = &request.field_name;
    let field = match name.split_once('.') {
        Some(("metrics", key)) => {
            LoggedModelOrderField::Metric { key: unquoted(key).to_owned(), dataset: request.dataset.clone() }
        }
        Some(_) => {
            let name = shorten(name);
            return Err(Refusal::invalid(format!(
                "Invalid order by field name: {name}. Only metrics are supported."
            )));
        }
        None => LoggedModelOrderField::Attribute(order_attribute(name)?),
    };
    Ok(Order { field, descending: !request.ascending })
}

fn order_attribute(name: &str) -> Result<LoggedModelAttribute, Refusal> {
    named(ATTRIBUTES, name).ok_or_else(|| {
        let message = unknown_attribute(ATTRIBUTES, name);
        Refusal::invalid(format!("Invalid order by field name: {}. {message}", shorten(name)))
    })
}

impl DatasetScope {
    /// Whether an observation on the dataset of this name and digest counts.
    pub fn covers(&self, name: Option<&str>, digest: Option<&str>) -> bool {
        let admits =
            |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        admits(&self.name, name) && admits(&self.digest, digest)
    }
}

impl LoggedModelAttribute {
    /// The name as MLflow writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ArtifactLocation => "artifact_location",
            Self::CreationTimestamp => "creation_timestamp",
            Self::ExperimentId => "experiment_id",
            Self::LastUpdatedTimestamp => "last_updated_timestamp",
            Self::LifecycleStage => "lifecycle_stage",
            Self::ModelId => "model_id",
            Self::ModelType => "model_type",
            Self::Name => "name",
            Self::SourceRunId => "source_run_id",
            Self::Status => "status",
            Self::StatusMessage => "status_message",
        }
    }
}

impl Display for LoggedModelField {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => write!(out, "attributes.{}", attribute.name()),
            Self::Metric { key, .. } => write!(out, "metrics.{}", Key(key)),
            Self::Param(key) => write!(out, "params.{}", Key(key)),
            Self::Tag(key) => write!(out, "tags.{}", Key(key)),
            Self::Measured { .. } => out.write_str("metrics"),
        }
    }
}
