//! What model versions can be searched and sorted by.
//! How prompts are told from models is decided in `models`.

use std::fmt::{self, Display, Formatter};

use super::PROMPT_MARKER_TAG;
use super::checks::{
    RegistryKey, TextRule, integer_test, named, number_operator, registry_identifier, text_test,
    unknown_attribute,
};
use super::models::{NAME, PromptField, TAG, apart_from_prompts};
use super::orders::{OrderClause, append_unless_named, orders, refuse_duplicates};
use super::place::shorten;
use super::syntax::{Clause, Operand, clauses};
use super::tree::{Comparison, Filter, Key, Order, Test};
use crate::Refusal;

/// What a model version can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionField {
    /// A property of the version itself.
    Attribute(VersionAttribute),
    /// A tag.
    Tag(String),
    /// Present if any version under the same name has the marker tag of prompts with the value `true`.
    Prompt,
}

/// A property of a model version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VersionAttribute {
    /// The name of the registered model, text.
    Name,
    /// The number of the version, a whole number.
    VersionNumber,
    /// The run it came from, text; may be missing.
    RunId,
    /// The source it was made from, text.
    SourcePath,
}

/// What model versions can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VersionOrderField {
    /// The name of the registered model, text.
    Name,
    /// The number of the version, a whole number.
    VersionNumber,
    /// When it was made, milliseconds.
    CreationTimestamp,
    /// When it was last changed, milliseconds.
    LastUpdatedTimestamp,
}

const ATTRIBUTES: &[(&str, VersionAttribute)] = &[
    ("name", VersionAttribute::Name),
    ("run_id", VersionAttribute::RunId),
    ("source_path", VersionAttribute::SourcePath),
    ("version_number", VersionAttribute::VersionNumber),
];

const ORDER_FIELDS: &[(&str, VersionOrderField)] = &[
    ("creation_timestamp", VersionOrderField::CreationTimestamp),
    ("last_updated_timestamp", VersionOrderField::LastUpdatedTimestamp),
    ("name", VersionOrderField::Name),
    ("version_number", VersionOrderField::VersionNumber),
];

const TEXT: TextRule<'_> = TextRule {
    no_list: "Only ['name', 'run_id'] attributes support comparison with a list of quoted string values.",
    ..NAME
};

/// Reads a filter of model versions. Unless it asks for prompts by their marker tag, it leaves them out.
pub fn parse_version_filter(text: &str) -> Result<Filter<VersionField>, Refusal> {
    let comparisons = clauses(text)?.iter().map(comparison).collect::<Result<_, _>>()?;
    Ok(Filter { comparisons: apart_from_prompts(comparisons) })
}

/// Reads the order of model versions: as asked (or last changed first), then by name, then highest number first.
pub fn parse_version_order(texts: &[String]) -> Result<Vec<Order<VersionOrderField>>, Refusal> {
    let mut found = orders(texts, order_field)?;
    refuse_duplicates(&found, texts)?;
    if found.is_empty() {
        found.push(Order::descending(VersionOrderField::LastUpdatedTimestamp));
    }
    append_unless_named(&mut found, Order::ascending(VersionOrderField::Name));
    append_unless_named(&mut found, Order::descending(VersionOrderField::VersionNumber));
    Ok(found)
}

impl PromptField for VersionField {
    const PROMPT: Self = Self::Prompt;

    fn is_marker(&self) -> bool {
        matches!(self, Self::Tag(key) if key == PROMPT_MARKER_TAG)
    }
}

fn comparison(clause: &Clause<'_>) -> Result<Comparison<VersionField>, Refusal> {
    match registry_identifier(clause.identifier.value).map_err(|message| clause.refuse_identifier(message))? {
        RegistryKey::Tag(key) => {
            Ok(Comparison { field: VersionField::Tag(key.to_owned()), test: text_test(clause, &TAG)? })
        }
        RegistryKey::Attribute(key) => {
            let attribute = named(ATTRIBUTES, key)
                .ok_or_else(|| clause.refuse_identifier(unknown_attribute(ATTRIBUTES, key)))?;
            Ok(Comparison {
                field: VersionField::Attribute(attribute),
                test: attribute_test(clause, attribute)?,
            })
        }
    }
}

fn attribute_test(clause: &Clause<'_>, attribute: VersionAttribute) -> Result<Test, Refusal> {
    match (attribute, &clause.operand.value) {
        (VersionAttribute::VersionNumber, _) => version_number_test(clause),
        (_, Operand::Number(_)) => Err(clause.refuse_operand(
            "Only the '{'version_number'}' attributes support comparison with numeric values.",
        )),
        (VersionAttribute::SourcePath, _) => text_test(clause, &TextRule { lists: false, ..TEXT }),
        _ => text_test(clause, &TEXT),
    }
}

/// The number may be written as text: clients hold version numbers as text.
fn version_number_test(clause: &Clause<'_>) -> Result<Test, Refusal> {
    match clause.operand.value {
        Operand::Quoted(text) => match text.trim().parse() {
            Ok(value) => Ok(Test::Integer { operator: number_operator(clause)?, value }),
            Err(_) => integer_test(clause, "version_number"),
        },
        Operand::List(_) => Err(clause.refuse_operand(TEXT.no_list)),
        Operand::Nothing => Err(clause.refuse_operator(TEXT.no_presence)),
        Operand::Number(_) | Operand::Word(_) => integer_test(clause, "version_number"),
    }
}

fn order_field(clause: &OrderClause<'_>) -> Result<VersionOrderField, Refusal> {
    match registry_identifier(clause.key).map_err(|message| clause.refuse(message))? {
        RegistryKey::Attribute(key) => {
            named(ORDER_FIELDS, key).ok_or_else(|| clause.refuse(unknown_attribute(ORDER_FIELDS, key)))
        }
        RegistryKey::Tag(key) => {
            let message = format!(
                "Invalid order by key '{}' specified. Versions cannot be sorted by tags.",
                shorten(key)
            );
            Err(clause.refuse(message))
        }
    }
}

impl VersionAttribute {
    /// The name as MLflow writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::VersionNumber => "version_number",
            Self::RunId => "run_id",
            Self::SourcePath => "source_path",
        }
    }
}

impl Display for VersionField {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => write!(out, "attribute.{}", attribute.name()),
            Self::Tag(key) => write!(out, "tags.{}", Key(key)),
            Self::Prompt => write!(out, "tags.{}", Key(PROMPT_MARKER_TAG)),
        }
    }
}
