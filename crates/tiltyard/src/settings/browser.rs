//! What protects people's browsers: the host and origin lists, and the frame header.
//! Matching is `tiltyard_domain::network`'s; applying it to requests is `tiltyard-api`'s.

use tiltyard_domain::Refusal;
use tiltyard_domain::network::{HostRule, OriginRule};

use super::SettingsError;
use super::arguments::ServerArguments;
use super::catalogue::{ALLOWED_HOSTS, ALLOWED_ORIGINS, DISABLE_GUARD, FRAME_OPTIONS};
use super::environment::Environment;
use super::input::Given;

/// Whether browsers are protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BrowserGuard {
    /// No check is made and no protecting header sent.
    Off,
    /// These checks are made.
    On(BrowserRules),
}

/// The checks and headers that protect browsers. A request passes a list if any of its rules permits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BrowserRules {
    /// `Host` headers let through.
    pub(crate) hosts: Vec<HostRule>,
    /// Origins whose pages may change things.
    pub(crate) origins: Vec<OriginRule>,
    /// The frame header.
    pub(crate) frames: FrameOptions,
}

/// Who may show our pages in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameOptions {
    /// Pages of the same origin.
    SameOrigin,
    /// Nobody.
    Deny,
    /// Anybody: no header is sent.
    Anyone,
}

impl FrameOptions {
    /// The value of the `X-Frame-Options` header, if one is sent.
    pub(crate) fn header(self) -> Option<&'static str> {
        match self {
            Self::SameOrigin => Some("SAMEORIGIN"),
            Self::Deny => Some("DENY"),
            Self::Anyone => None,
        }
    }
}

pub(super) fn resolve(
    arguments: &ServerArguments,
    environment: &Environment,
    notices: &mut Vec<String>,
) -> Result<BrowserGuard, SettingsError> {
    let disabled = environment.switch(&DISABLE_GUARD, arguments.disable_security_middleware())?;
    if disabled == Some(true) {
        notices.push(
            "the host and origin checks are off: any web page that someone here opens can reach this server"
                .to_owned(),
        );
        return Ok(BrowserGuard::Off);
    }
    let rules = BrowserRules {
        hosts: hosts(arguments, environment)?,
        origins: origins(arguments, environment)?,
        frames: frames(arguments, environment)?,
    };
    warn_of_wildcards(&rules, notices);
    Ok(BrowserGuard::On(rules))
}

fn hosts(arguments: &ServerArguments, environment: &Environment) -> Result<Vec<HostRule>, SettingsError> {
    match environment.text(&ALLOWED_HOSTS, arguments.allowed_hosts.as_deref()) {
        Some(given) => HostRule::parse_list(given.text).map_err(|refusal| refused(given, refusal)),
        None => Ok(HostRule::defaults()),
    }
}

/// Pages of this machine stay let through whatever is listed, as with the reference server.
fn origins(arguments: &ServerArguments, environment: &Environment) -> Result<Vec<OriginRule>, SettingsError> {
    let mut rules = OriginRule::defaults();
    if let Some(given) = environment.text(&ALLOWED_ORIGINS, arguments.cors_allowed_origins.as_deref()) {
        rules.extend(OriginRule::parse_list(given.text).map_err(|refusal| refused(given, refusal))?);
    }
    Ok(rules)
}

fn frames(arguments: &ServerArguments, environment: &Environment) -> Result<FrameOptions, SettingsError> {
    match environment.text(&FRAME_OPTIONS, arguments.x_frame_options.as_deref()) {
        Some(given) => parse_frames(given),
        None => Ok(FrameOptions::SameOrigin),
    }
}

fn parse_frames(given: Given<'_>) -> Result<FrameOptions, SettingsError> {
    match given.text.to_ascii_uppercase().as_str() {
        "SAMEORIGIN" => Ok(FrameOptions::SameOrigin),
        "DENY" => Ok(FrameOptions::Deny),
        "NONE" => Ok(FrameOptions::Anyone),
        _ => Err(given.refuse("browsers know no such value; write SAMEORIGIN, DENY or NONE")),
    }
}

fn refused(given: Given<'_>, refusal: Refusal) -> SettingsError {
    given.refuse(refusal.message)
}

fn warn_of_wildcards(rules: &BrowserRules, notices: &mut Vec<String>) {
    if rules.hosts.iter().any(HostRule::permits_all) {
        notices.push("every Host header is let through: DNS rebinding can reach this server".to_owned());
    }
    if rules.origins.iter().any(OriginRule::permits_all) {
        notices.push("every origin is let through: any web page can reach this server".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{FrameOptions, Given, parse_frames};

    #[test]
    fn frame_options_are_read_in_any_letter_case() {
        let read = |text| parse_frames(Given { text, origin: "--x-frame-options" });
        assert_eq!(read("sameorigin"), Ok(FrameOptions::SameOrigin));
        assert_eq!(read("DENY"), Ok(FrameOptions::Deny));
        assert_eq!(read("None"), Ok(FrameOptions::Anyone));
        assert!(read("ALLOW-FROM https://a").is_err());
    }

    #[test]
    fn the_header_is_left_out_for_none() {
        assert_eq!(FrameOptions::Anyone.header(), None);
        assert_eq!(FrameOptions::Deny.header(), Some("DENY"));
    }
}
