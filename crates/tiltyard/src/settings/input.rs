//! Where the value of a setting comes from: the flag, then its variables in order, else nowhere.
//! What a value means is decided by the rooms beside this one.

use super::SettingsError;
use super::catalogue::Setting;
use super::environment::Environment;

/// A value as the user gave it, with the flag or variable that it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given<'a> {
    pub(super) text: &'a str,
    pub(super) origin: &'static str,
}

impl Given<'_> {
    /// The error for a value that cannot be used.
    pub(super) fn refuse(&self, sentence: impl Into<String>) -> SettingsError {
        SettingsError::Value { origin: self.origin, sentence: sentence.into() }
    }
}

impl Environment {
    /// The value of a setting: the flag's, else that of the first variable which is set. An empty text is no value,
    /// because scripts pass `--flag "$UNSET"` and mean the default.
    pub(super) fn text<'a>(&'a self, setting: &Setting, flag: Option<&'a str>) -> Option<Given<'a>> {
        let from_flag =
            || Some(Given { text: flag.filter(|text| !text.is_empty())?, origin: setting.flags.first()? });
        let from_variable = |name: &&'static str| self.get(name).map(|text| Given { text, origin: name });
        from_flag().or_else(|| setting.variables.iter().find_map(from_variable))
    }

    /// The value of a setting that is on or off, and where it comes from.
    pub(super) fn switch(
        &self,
        setting: &Setting,
        flag: Option<bool>,
    ) -> Result<Option<bool>, SettingsError> {
        match (flag, self.text(setting, None)) {
            (Some(value), _) => Ok(Some(value)),
            (None, Some(given)) => parse_switch(given).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// The spellings that the reference server's variables know, in any letter case.
pub(super) fn parse_switch(given: Given<'_>) -> Result<bool, SettingsError> {
    match given.text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "t" | "yes" | "y" | "on" => Ok(true),
        "false" | "0" | "f" | "no" | "n" | "off" => Ok(false),
        _ => Err(given.refuse("this is neither yes nor no; write true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Given, parse_switch};

    #[test]
    fn switches_are_read_in_every_spelling_that_mlflow_knows() {
        let read = |text| parse_switch(Given { text, origin: "MLFLOW_SERVE_ARTIFACTS" });
        for text in ["true", "True", "1", "t", "yes", "Y", " on "] {
            assert_eq!(read(text), Ok(true), "`{text}`");
        }
        for text in ["false", "FALSE", "0", "f", "no", "N", "off"] {
            assert_eq!(read(text), Ok(false), "`{text}`");
        }
        let error = read("banana").unwrap_err().to_string();
        assert_eq!(error, "MLFLOW_SERVE_ARTIFACTS: this is neither yes nor no; write true or false");
    }
}
