//! Pointers: the stages and aliases that say which version stands where.
//! Whether a pointer may move is decided in `promotion`, not here.

use std::fmt;

use crate::{Refusal, limits};

/// MLflow's four stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// No stage.
    None,
    /// Being tried.
    Staging,
    /// Serving.
    Production,
    /// Put away.
    Archived,
}

impl Stage {
    /// All stages, in MLflow's order.
    pub const ALL: [Self; 4] = [Self::None, Self::Staging, Self::Production, Self::Archived];

    /// Reads a stage in any letter case.
    ///
    /// # Errors
    /// `InvalidValue` when it is none of the four.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|stage| stage.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            Refusal::invalid(format!(
                "Invalid Model Version stage: {text}. Value must be one of None, Staging, Production, Archived."
            ))
        })
    }

    /// The name as MLflow writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }

    /// Whether MLflow calls the stage active: `Staging` and `Production` are.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The name of an alias: word characters and dashes, at most 255.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasName(String);

impl AliasName {
    /// Reads a name that an alias has or might have.
    ///
    /// # Errors
    /// `InvalidValue` with MLflow's words when the name is empty, too long or has other characters.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(Refusal::invalid("Registered model alias name cannot be empty."));
        }
        if !text.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '-')) {
            return Err(Refusal::invalid(format!(
                "Invalid alias name: '{text}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
            )));
        }
        if text.chars().count() > limits::ALIAS_LENGTH_MAX {
            return Err(Refusal::invalid(format!(
                "'Registered model alias name' exceeds the maximum length of {} characters",
                limits::ALIAS_LENGTH_MAX
            )));
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads a name for a new alias: not `latest` in any case, not `v1`, `v2` and so on.
    ///
    /// # Errors
    /// As [`AliasName::parse`], and `InvalidValue` for the reserved names.
    pub fn parse_new(text: &str) -> Result<Self, Refusal> {
        let name = Self::parse(text)?;
        if text.eq_ignore_ascii_case("latest") {
            return Err(Refusal::invalid("'latest' alias name (case insensitive) is reserved."));
        }
        if looks_like_version(text) {
            return Err(Refusal::invalid(format!("Version alias name '{text}' is reserved.")));
        }
        Ok(name)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn looks_like_version(text: &str) -> bool {
    let digits = text.strip_prefix(['v', 'V']);
    digits.is_some_and(|rest| !rest.is_empty() && rest.chars().all(char::is_numeric))
}

/// A stage or an alias of one model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pointer {
    /// A stage, which several versions may hold at once.
    Stage(Stage),
    /// An alias, which one version holds.
    Alias(AliasName),
}

impl Pointer {
    /// Reads what [`fmt::Display`] writes: `stage:Production` or `alias:champion`.
    ///
    /// # Errors
    /// `InvalidValue` when the text is neither.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text.split_once(':') {
            Some(("stage", name)) => Stage::parse(name).map(Self::Stage),
            Some(("alias", name)) => AliasName::parse(name).map(Self::Alias),
            _ => Err(Refusal::invalid(format!("'{text}' is not a pointer. Write stage:NAME or alias:NAME."))),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(stage) => write!(formatter, "stage:{stage}"),
            Self::Alias(alias) => write!(formatter, "alias:{}", alias.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_read_in_any_letter_case() {
        for text in ["production", "PRODUCTION", "Production", "pRoDuCtIoN"] {
            assert_eq!(Stage::parse(text).unwrap(), Stage::Production);
        }
        assert!(Stage::parse("prod").is_err());
        assert!(Stage::parse("").is_err());
    }

    #[test]
    fn reserved_alias_names_may_be_asked_for_but_not_made() {
        for text in ["latest", "LATEST", "v1", "V22"] {
            assert!(AliasName::parse(text).is_ok(), "{text} can be looked up");
            assert!(AliasName::parse_new(text).is_err(), "{text} cannot be set");
        }
        for text in ["v", "version1", "v1a", "champion", "a-b_c"] {
            assert!(AliasName::parse_new(text).is_ok(), "{text} can be set");
        }
        for text in ["", "a b", "a/b", "a@b", "a.b"] {
            assert!(AliasName::parse(text).is_err(), "{text} is no alias name");
        }
    }

    #[test]
    fn a_pointer_reads_back_what_it_writes() {
        for text in ["stage:Production", "stage:None", "alias:champion"] {
            assert_eq!(Pointer::parse(text).unwrap().to_string(), text);
        }
        assert!(Pointer::parse("champion").is_err());
    }
}
