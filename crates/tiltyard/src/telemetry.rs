//! Log output: which lines are written, and how they look to a person.
//! What is worth a line is decided where it happens; values of settings and headers never belong in one.

use std::io::{IsTerminal, stderr};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Which log lines are written: a level, or levels per target as in `info,tiltyard_store=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogFilter(String);

/// Another logger was installed in this process before.
#[derive(Debug, thiserror::Error)]
#[error("log output is set up already; call `telemetry::start` once, at the start of the process")]
pub(crate) struct AlreadyStarted;

impl LogFilter {
    /// Reads a filter.
    ///
    /// A lone word must be a level: taken as the name of a target, a misspelt level would silence everything else.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let rules: Vec<&str> = text.split(',').map(str::trim).filter(|rule| !rule.is_empty()).collect();
        if rules.is_empty() {
            return Err("the filter is empty; write a level such as `info`".to_owned());
        }
        if let Some(rule) = rules.iter().find(|rule| !is_rule(rule)) {
            return Err(format!(
                "`{rule}` is not a level; write error, warn, info, debug, trace or off, or a target with its level \
                 as in `info,tiltyard_store=debug`"
            ));
        }
        Ok(Self(rules.join(",")))
    }

    /// Reads one of the level names of Python's `logging`, in any letter case.
    pub(crate) fn from_python_level(name: &str) -> Result<Self, String> {
        let level = match name.to_ascii_uppercase().as_str() {
            "CRITICAL" | "FATAL" | "ERROR" => "error",
            "WARNING" | "WARN" => "warn",
            "INFO" => "info",
            "DEBUG" => "debug",
            "NOTSET" => "trace",
            _ => {
                return Err(
                    "this is not a level of Python's logging; write INFO, or use --log-level".to_owned()
                );
            }
        };
        Ok(Self(level.to_owned()))
    }

    /// The filter as text, in the form that [`LogFilter::parse`] reads.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_rule(rule: &str) -> bool {
    if rule.contains('=') { EnvFilter::try_new(rule).is_ok() } else { rule.parse::<LevelFilter>().is_ok() }
}

/// Starts writing log lines to standard error, so that standard output stays free for answers.
pub(crate) fn start(filter: &LogFilter) -> Result<(), AlreadyStarted> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter.as_str()))
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .try_init()
        .map_err(|_| AlreadyStarted)
}

#[cfg(test)]
mod tests {
    use super::LogFilter;

    #[test]
    fn levels_and_targets_are_filters() {
        let check =
            |text: &str, expected: &str| assert_eq!(LogFilter::parse(text).unwrap().as_str(), expected);
        check("info", "info");
        check("WARN", "WARN");
        check("off", "off");
        check(" info , tiltyard_store=debug ", "info,tiltyard_store=debug");
    }

    #[test]
    fn a_misspelt_level_is_refused_instead_of_silencing_everything() {
        for text in ["", ",", "inof", "info,verbose", "tiltyard=loud"] {
            assert!(LogFilter::parse(text).is_err(), "`{text}`");
        }
    }

    #[test]
    fn python_levels_become_ours() {
        let check = |name: &str, expected: &str| {
            assert_eq!(LogFilter::from_python_level(name).unwrap().as_str(), expected);
        };
        check("WARNING", "warn");
        check("critical", "error");
        check("DEBUG", "debug");
        check("NOTSET", "trace");
        assert!(LogFilter::from_python_level("20").is_err());
    }
}
