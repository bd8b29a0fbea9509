//! What experiments can be searched and sorted by.
//! Runs inside experiments have a file of their own.

use std::fmt::{self, Display, Formatter};

use super::checks::{
    RegistryKey, TextRule, experiment_id_test, integer_test, named, registry_identifier, text_test,
    unknown_attribute,
};
use super::orders::{OrderClause, append_unless_named, orders, without_duplicates};
use super::syntax::{Clause, Operand, clauses};
use super::tree::{Comparison, Filter, Key, Order, Test};
use crate::Refusal;

/// What an experiment can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExperimentField {
    /// A property of the experiment itself.
    Attribute(ExperimentAttribute),
    /// A tag.
    Tag(String),
}

/// A property of an experiment; each can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExperimentAttribute {
    /// The id, a whole number.
    ExperimentId,
    /// The name, text.
    Name,
    /// When it was made, milliseconds.
    CreationTime,
    /// When it was last changed, milliseconds.
    LastUpdateTime,
}

const ATTRIBUTES: &[(&str, ExperimentAttribute)] = &[
    ("creation_time", ExperimentAttribute::CreationTime),
    ("experiment_id", ExperimentAttribute::ExperimentId),
    ("last_update_time", ExperimentAttribute::LastUpdateTime),
    ("name", ExperimentAttribute::Name),
];

const TEXT: TextRule<'_> = TextRule {
    lists: false,
    presence: false,
    bare_words: false,
    expected: "Expected a quoted string value for attributes.",
    no_list: "Only ['experiment_id'] attributes support comparison with a list of quoted string values.",
    no_presence: "IS NULL / IS NOT NULL is only supported for tags, not for attributes",
};

const TAG: TextRule<'_> = TextRule {
    presence: true,
    expected: "Expected a quoted string value for tag (e.g. 'my-value').",
    no_list: "Expected a quoted string value for tag (e.g. 'my-value'), not a list.",
    ..TEXT
};

/// Reads a filter of experiments.
pub fn parse_experiment_filter(text: &str) -> Result<Filter<ExperimentField>, Refusal> {
    let comparisons = clauses(text)?.iter().map(comparison).collect::<Result<_, _>>()?;
    Ok(Filter { comparisons })
}

/// Reads the order of experiments: as asked, then by id, largest first. Without a wish: newest first, then by id,
/// smallest first.
pub fn parse_experiment_order(texts: &[String]) -> Result<Vec<Order<ExperimentAttribute>>, Refusal> {
    if texts.is_empty() {
        return Ok(vec![
            Order::descending(ExperimentAttribute::CreationTime),
            Order::ascending(ExperimentAttribute::ExperimentId),
        ]);
    }
    let mut found = without_duplicates(orders(texts, order_field)?);
    append_unless_named(&mut found, Order::descending(ExperimentAttribute::ExperimentId));
    Ok(found)
}

fn comparison(clause: &Clause<'_>) -> Result<Comparison<ExperimentField>, Refusal> {
    let field = field(clause.identifier.value).map_err(|message| clause.refuse_identifier(message))?;
    let test = test(clause, &field)?;
    Ok(Comparison { field, test })
}

fn field(identifier: &str) -> Result<ExperimentField, String> {
    match registry_identifier(identifier)? {
        RegistryKey::Tag(key) => Ok(ExperimentField::Tag(key.to_owned())),
        RegistryKey::Attribute(key) => named(ATTRIBUTES, key)
            .map(ExperimentField::Attribute)
            .ok_or_else(|| unknown_attribute(ATTRIBUTES, key)),
    }
}

fn test(clause: &Clause<'_>, field: &ExperimentField) -> Result<Test, Refusal> {
    match field {
        ExperimentField::Tag(_) => text_test(clause, &TAG),
        ExperimentField::Attribute(attribute) if !clause.takes_value() => {
            let key = attribute.name();
            Err(clause.refuse_operator(format!(
                "IS NULL / IS NOT NULL is only supported for tags, not for attribute '{key}'"
            )))
        }
        ExperimentField::Attribute(ExperimentAttribute::Name) => text_test(clause, &TEXT),
        ExperimentField::Attribute(ExperimentAttribute::ExperimentId) => {
            experiment_id_test(clause, &TextRule { lists: true, ..TEXT })
        }
        ExperimentField::Attribute(time) => time_test(clause, time.name()),
    }
}

fn time_test(clause: &Clause<'_>, key: &str) -> Result<Test, Refusal> {
    if !matches!(clause.operand.value, Operand::Number(_)) {
        let found = clause.operand_text();
        let message = format!("Expected numeric value type for numeric attribute: {key}. Found {found}");
        return Err(clause.refuse_operand(message));
    }
    integer_test(clause, key)
}

fn order_field(clause: &OrderClause<'_>) -> Result<ExperimentAttribute, Refusal> {
    match field(clause.key).map_err(|message| clause.refuse(message))? {
        ExperimentField::Attribute(attribute) => Ok(attribute),
        ExperimentField::Tag(_) => {
            Err(clause.refuse("Invalid order_by entity: tag. Experiments can be sorted by attributes only."))
        }
    }
}

impl ExperimentAttribute {
    /// The name as MLflow writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExperimentId => "experiment_id",
            Self::Name => "name",
            Self::CreationTime => "creation_time",
            Self::LastUpdateTime => "last_update_time",
        }
    }
}

impl Display for ExperimentField {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => write!(out, "attribute.{}", attribute.name()),
            Self::Tag(key) => write!(out, "tags.{}", Key(key)),
        }
    }
}
