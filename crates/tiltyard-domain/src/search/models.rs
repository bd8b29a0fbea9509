//! What registered models and prompts can be searched and sorted by.
//! Prompts are registered models with a marker tag; telling them apart is part of the filter, here and for versions.

use std::fmt::{self, Display, Formatter};

use super::PROMPT_MARKER_TAG;
use super::checks::{RegistryKey, TextRule, registry_identifier, set, text_test};
use super::orders::{OrderClause, append_unless_named, orders, refuse_duplicates};
use super::place::shorten;
use super::syntax::{Clause, clauses};
use super::tree::{Comparison, Filter, Key, Order, Test, TextOperator};
use crate::Refusal;

/// What a registered model can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelField {
    /// The name.
    Name,
    /// A tag.
    Tag(String),
    /// Present if the model is a prompt: if its marker tag is exactly `true`.
    Prompt,
}

/// What registered models can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelOrderField {
    /// The name, text.
    Name,
    /// When it was last changed, milliseconds.
    LastUpdated,
}

pub(super) const NAME: TextRule<'_> = TextRule {
    lists: true,
    presence: false,
    bare_words: false,
    expected: "Expected a quoted string value or a list of quoted string values for attributes.",
    no_list: "Only ['name'] attributes support comparison with a list of quoted string values.",
    no_presence: "Invalid comparison clause. IS NULL / IS NOT NULL is only supported for tags.",
};

pub(super) const TAG: TextRule<'_> = TextRule {
    lists: false,
    presence: true,
    expected: "Expected a quoted string value for tag (e.g. 'my-value').",
    no_list: "Expected a quoted string value for tag (e.g. 'my-value'), not a list.",
    ..NAME
};

/// Reads a filter of registered models. Unless it asks for prompts by their marker tag, it leaves them out.
pub fn parse_model_filter(text: &str) -> Result<Filter<ModelField>, Refusal> {
    let comparisons = clauses(text)?.iter().map(comparison).collect::<Result<_, _>>()?;
    Ok(Filter { comparisons: apart_from_prompts(comparisons) })
}

/// Reads the order of registered models: as asked, then by name.
pub fn parse_model_order(texts: &[String]) -> Result<Vec<Order<ModelOrderField>>, Refusal> {
    let mut found = orders(texts, order_field)?;
    refuse_duplicates(&found, texts)?;
    append_unless_named(&mut found, Order::ascending(ModelOrderField::Name));
    Ok(found)
}

/// A field that knows the marker of prompts.
pub(super) trait PromptField {
    /// The field that is present on prompts only.
    const PROMPT: Self;
    /// Whether this is the marker tag.
    fn is_marker(&self) -> bool;
}

impl PromptField for ModelField {
    const PROMPT: Self = Self::Prompt;

    fn is_marker(&self) -> bool {
        matches!(self, Self::Tag(key) if key == PROMPT_MARKER_TAG)
    }
}

/// As in MLflow, the first comparison of the marker tag says whether prompts are meant. If they are, the filter stands
/// as it is. If not, or if there is none, no comparison of the marker counts, and prompts are left out.
pub(super) fn apart_from_prompts<F: PromptField>(mut comparisons: Vec<Comparison<F>>) -> Vec<Comparison<F>> {
    let marker = comparisons.iter().find(|comparison| comparison.field.is_marker());
    if marker.is_some_and(|comparison| asks_for_prompts(&comparison.test)) {
        return comparisons;
    }
    comparisons.retain(|comparison| !comparison.field.is_marker());
    comparisons.push(Comparison { field: F::PROMPT, test: Test::Present(false) });
    comparisons
}

fn asks_for_prompts(test: &Test) -> bool {
    match test {
        Test::Text { operator: TextOperator::Equal, value } => value.eq_ignore_ascii_case("true"),
        Test::Text { operator: TextOperator::NotEqual, value } => value.eq_ignore_ascii_case("false"),
        test => *test == Test::Present(true),
    }
}

fn comparison(clause: &Clause<'_>) -> Result<Comparison<ModelField>, Refusal> {
    match registry_identifier(clause.identifier.value).map_err(|message| clause.refuse_identifier(message))? {
        RegistryKey::Tag(key) => {
            Ok(Comparison { field: ModelField::Tag(key.to_owned()), test: text_test(clause, &TAG)? })
        }
        RegistryKey::Attribute("name") => {
            Ok(Comparison { field: ModelField::Name, test: text_test(clause, &NAME)? })
        }
        RegistryKey::Attribute(key) => {
            let (key, valid) = (shorten(key), set(&["name"]));
            Err(clause.refuse_identifier(format!(
                "Invalid attribute key '{key}' specified. Valid keys are '{valid}'"
            )))
        }
    }
}

fn order_field(clause: &OrderClause<'_>) -> Result<ModelOrderField, Refusal> {
    match clause.key {
        "name" => Ok(ModelOrderField::Name),
        "timestamp" | "last_updated_timestamp" => Ok(ModelOrderField::LastUpdated),
        other => {
            let (key, valid) = (shorten(other), set(&["name", "timestamp"]));
            Err(clause.refuse(format!("Invalid order by key '{key}' specified. Valid keys are '{valid}'")))
        }
    }
}

impl Display for ModelField {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => out.write_str("attribute.name"),
            Self::Tag(key) => write!(out, "tags.{}", Key(key)),
            Self::Prompt => write!(out, "tags.{}", Key(PROMPT_MARKER_TAG)),
        }
    }
}
