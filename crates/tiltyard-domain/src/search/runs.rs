//! What runs can be searched and sorted by.
//! How a run name is stored does not belong here: MLflow keeps it in the tag `mlflow.runName` and filters by that.

use std::fmt::{self, Display, Formatter};

use super::checks::{
    TextRule, named, number_test, set, split_identifier, text_test, time_test, unknown_attribute, unquoted,
    without_backticks,
};
use super::orders::{OrderClause, append_unless_named, orders, refuse_duplicates};
use super::place::shorten;
use super::syntax::{Clause, clauses};
use super::tree::{Comparison, Filter, Key, Order, Test};
use crate::Refusal;

/// What a run can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunField {
    /// A property of the run itself.
    Attribute(RunAttribute),
    /// The latest value of a metric.
    Metric(String),
    /// A parameter.
    Param(String),
    /// A tag.
    Tag(String),
    /// A property of any dataset among the run's inputs.
    Dataset(DatasetAttribute),
}

/// What runs can be sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOrderField {
    /// A property of the run itself.
    Attribute(RunAttribute),
    /// The latest value of a metric.
    Metric(String),
    /// A parameter.
    Param(String),
    /// A tag.
    Tag(String),
}

/// A property of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunAttribute {
    /// The id, text.
    RunId,
    /// The name, text.
    RunName,
    /// When the run began, milliseconds.
    StartTime,
    /// When the run ended, milliseconds; missing while it runs.
    EndTime,
    /// The status in capital letters, text.
    Status,
    /// Who ran it, text.
    UserId,
    /// Where its artifacts are, text.
    ArtifactUri,
}

/// A property of a dataset that a run used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatasetAttribute {
    /// The name of the dataset.
    Name,
    /// The digest of the dataset.
    Digest,
    /// What the run used it for: the tag `mlflow.data.context` of the input.
    Context,
}

const ATTRIBUTES: &[(&str, RunAttribute)] = &[
    ("artifact_uri", RunAttribute::ArtifactUri),
    ("created", RunAttribute::StartTime),
    ("Created", RunAttribute::StartTime),
    ("end_time", RunAttribute::EndTime),
    ("run name", RunAttribute::RunName),
    ("Run name", RunAttribute::RunName),
    ("Run Name", RunAttribute::RunName),
    ("run_id", RunAttribute::RunId),
    ("run_name", RunAttribute::RunName),
    ("start_time", RunAttribute::StartTime),
    ("status", RunAttribute::Status),
    ("user_id", RunAttribute::UserId),
];

const DATASET_ATTRIBUTES: &[(&str, DatasetAttribute)] = &[
    ("context", DatasetAttribute::Context),
    ("digest", DatasetAttribute::Digest),
    ("name", DatasetAttribute::Name),
];

const ONLY_TAGS_AND_PARAMS: &str = "IS NULL / IS NOT NULL is only supported for tags and params";

enum Entity {
    Attribute,
    Metric,
    Param,
    Tag,
    Dataset,
}

/// Reads a filter of runs.
pub fn parse_run_filter(text: &str) -> Result<Filter<RunField>, Refusal> {
    let comparisons = clauses(text)?.iter().map(comparison).collect::<Result<_, _>>()?;
    Ok(Filter { comparisons })
}

/// Reads the order of runs: as asked, then latest start first, then by id.
pub fn parse_run_order(texts: &[String]) -> Result<Vec<Order<RunOrderField>>, Refusal> {
    let mut found = orders(texts, order_field)?;
    refuse_duplicates(&found, texts)?;
    append_unless_named(&mut found, Order::descending(RunOrderField::Attribute(RunAttribute::StartTime)));
    append_unless_named(&mut found, Order::ascending(RunOrderField::Attribute(RunAttribute::RunId)));
    Ok(found)
}

fn comparison(clause: &Clause<'_>) -> Result<Comparison<RunField>, Refusal> {
    let field = field(clause.identifier.value).map_err(|message| clause.refuse_identifier(message))?;
    let test = test(clause, &field)?;
    Ok(Comparison { field, test })
}

fn field(identifier: &str) -> Result<RunField, String> {
    let (entity, key) = entity_and_key(identifier)?;
    match entity {
        Entity::Attribute => {
            named(ATTRIBUTES, key).map(RunField::Attribute).ok_or_else(|| unknown_attribute(ATTRIBUTES, key))
        }
        Entity::Metric => Ok(RunField::Metric(key.to_owned())),
        Entity::Param => Ok(RunField::Param(key.to_owned())),
        Entity::Tag => Ok(RunField::Tag(key.to_owned())),
        Entity::Dataset => named(DATASET_ATTRIBUTES, key).map(RunField::Dataset).ok_or_else(|| {
            let valid = set(&["context", "digest", "name"]);
            format!("Invalid dataset key '{}' specified. Valid keys are '{valid}'", shorten(key))
        }),
    }
}

fn entity_and_key(identifier: &str) -> Result<(Entity, &str), String> {
    let (entity, key) = split_identifier(identifier);
    let entity = match entity.map(without_backticks) {
        None | Some("attribute" | "attributes" | "attr" | "run") => Entity::Attribute,
        Some("metric" | "metrics") => Entity::Metric,
        Some("parameter" | "parameters" | "param" | "params") => Entity::Param,
        Some("tag" | "tags") => Entity::Tag,
        Some("dataset" | "datasets") => Entity::Dataset,
        Some(other) => {
            let valid = "['metric', 'parameter', 'tag', 'attribute', 'dataset']";
            return Err(format!("Invalid entity type '{}'. Valid values are {valid}", shorten(other)));
        }
    };
    Ok((entity, unquoted(key)))
}

fn test(clause: &Clause<'_>, field: &RunField) -> Result<Test, Refusal> {
    let (kind, key) = (field.kind(), field.key());
    if !clause.takes_value() && !matches!(field, RunField::Param(_) | RunField::Tag(_)) {
        return Err(
            clause.refuse_operator(format!("{ONLY_TAGS_AND_PARAMS}, not for '{kind}' '{}'", shorten(key)))
        );
    }
    match field {
        RunField::Metric(_) => number_test(clause, "Expected numeric value type for metric."),
        RunField::Attribute(RunAttribute::StartTime | RunAttribute::EndTime) => {
            time_test(clause, &format!("Expected numeric value type for numeric attribute: {key}."))
        }
        _ => text_test(
            clause,
            &text_rule(field, &format!("Expected a quoted string value for {kind} (e.g. 'my-value').")),
        ),
    }
}

fn text_rule<'a>(field: &RunField, expected: &'a str) -> TextRule<'a> {
    let scalar = TextRule {
        lists: false,
        presence: false,
        bare_words: false,
        expected: "Expected a quoted string value for attributes.",
        no_list: "Only ['run_id'] attributes support comparison with a list of quoted string values.",
        no_presence: ONLY_TAGS_AND_PARAMS,
    };
    match field {
        RunField::Attribute(RunAttribute::RunId) => TextRule { lists: true, ..scalar },
        RunField::Dataset(_) => TextRule {
            lists: true,
            expected: "Expected a quoted string value for dataset attributes.",
            ..scalar
        },
        RunField::Param(_) | RunField::Tag(_) => {
            TextRule { presence: true, expected, no_list: expected, ..scalar }
        }
        RunField::Attribute(_) | RunField::Metric(_) => scalar,
    }
}

fn order_field(clause: &OrderClause<'_>) -> Result<RunOrderField, Refusal> {
    match field(clause.key).map_err(|message| clause.refuse(message))? {
        RunField::Attribute(attribute) => Ok(RunOrderField::Attribute(attribute)),
        RunField::Metric(key) => Ok(RunOrderField::Metric(key)),
        RunField::Param(key) => Ok(RunOrderField::Param(key)),
        RunField::Tag(key) => Ok(RunOrderField::Tag(key)),
        RunField::Dataset(_) => {
            Err(clause.refuse("Invalid identifier type 'dataset': runs cannot be sorted by their datasets."))
        }
    }
}

impl RunField {
    /// The entity in the singular, as MLflow's messages name it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Attribute(_) => "attribute",
            Self::Metric(_) => "metric",
            Self::Param(_) => "parameter",
            Self::Tag(_) => "tag",
            Self::Dataset(_) => "dataset",
        }
    }

    fn key(&self) -> &str {
        match self {
            Self::Attribute(attribute) => attribute.name(),
            Self::Metric(key) | Self::Param(key) | Self::Tag(key) => key,
            Self::Dataset(attribute) => attribute.name(),
        }
    }
}

impl RunAttribute {
    /// The name as MLflow writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::RunId => "run_id",
            Self::RunName => "run_name",
            Self::StartTime => "start_time",
            Self::EndTime => "end_time",
            Self::Status => "status",
            Self::UserId => "user_id",
            Self::ArtifactUri => "artifact_uri",
        }
    }
}

impl DatasetAttribute {
    /// The name as MLflow writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Digest => "digest",
            Self::Context => "context",
        }
    }
}

impl Display for RunField {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => write!(out, "attributes.{}", attribute.name()),
            Self::Metric(key) => write!(out, "metrics.{}", Key(key)),
            Self::Param(key) => write!(out, "params.{}", Key(key)),
            Self::Tag(key) => write!(out, "tags.{}", Key(key)),
            Self::Dataset(attribute) => write!(out, "datasets.{}", attribute.name()),
        }
    }
}
