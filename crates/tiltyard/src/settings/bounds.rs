//! The limits that an operator may set; all others stand in the domain crate.
//! Enforcing them is the domain's work.

use tiltyard_domain::limits::LOCATION_LENGTH_MAX;
use tiltyard_domain::runs::LongValues;

use super::SettingsError;
use super::catalogue::{LOCATION_LENGTH, TRUNCATE_LONG_VALUES};
use super::environment::Environment;
use super::input::Given;

/// Limits that an operator may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// The longest artifact location of an experiment, in characters.
    pub(crate) artifact_location_length_max: usize,
    /// What happens to param and tag values that are too long.
    pub(crate) long_values: LongValues,
}

pub(super) fn resolve(environment: &Environment) -> Result<Bounds, SettingsError> {
    let cuts = environment.switch(&TRUNCATE_LONG_VALUES, None)?.unwrap_or(true);
    let artifact_location_length_max = match environment.text(&LOCATION_LENGTH, None) {
        Some(given) => parse_length(given)?,
        None => LOCATION_LENGTH_MAX,
    };
    let long_values = if cuts { LongValues::Cut } else { LongValues::Refuse };
    Ok(Bounds { artifact_location_length_max, long_values })
}

fn parse_length(given: Given<'_>) -> Result<usize, SettingsError> {
    let length = given.text.trim().parse().ok().filter(|length| *length > 0);
    length.ok_or_else(|| given.refuse("a length is a whole number above zero"))
}
