//! Settings that were given and have no use here: refused with a sentence, or accepted with a notice.
//! The catalogue says which fate each one meets.

use super::SettingsError;
use super::arguments::ServerArguments;
use super::catalogue::{self, Setting, Treatment, WORKSPACES};
use super::environment::Environment;
use super::worker_options::WorkerOptions;

/// The notices for needless settings, or the first refusal.
pub(super) fn check(
    arguments: &ServerArguments,
    environment: &Environment,
) -> Result<Vec<String>, SettingsError> {
    check_workspaces(arguments, environment)?;
    let options = worker_options(arguments, environment)?;
    let mut notices = Vec::new();
    for setting in catalogue::all() {
        for origin in given(setting, arguments, environment) {
            match setting.treatment {
                Treatment::Refused => return Err(refusal(setting, origin)),
                Treatment::Passed if options.has_of(origin) => {
                    notices.push(format!(
                        "of {origin}, what it says of certificate, key and proxies counts, and nothing else"
                    ));
                }
                Treatment::Needless | Treatment::Passed => {
                    notices.push(format!("{origin} is not needed: {}", setting.note));
                }
                Treatment::Honoured | Treatment::Shared | Treatment::RefusedWhenOn => {}
            }
        }
    }
    Ok(notices)
}

/// The flag that is in charge hides the variable, so that `--workers 4` with `MLFLOW_WORKERS` gives one notice.
fn given(setting: &Setting, arguments: &ServerArguments, environment: &Environment) -> Vec<&'static str> {
    let flag = arguments.unused().find(|flag| setting.flags.contains(flag));
    let is_set = |name: &&'static str| environment.get(name).is_some();
    match flag {
        Some(flag) => vec![flag],
        None => setting.variables.iter().copied().filter(is_set).collect(),
    }
}

fn check_workspaces(arguments: &ServerArguments, environment: &Environment) -> Result<(), SettingsError> {
    if environment.switch(&WORKSPACES, arguments.workspaces())? != Some(true) {
        return Ok(());
    }
    let from_flag = arguments.workspaces().is_some();
    Err(refusal(&WORKSPACES, if from_flag { "--enable-workspaces" } else { "MLFLOW_ENABLE_WORKSPACES" }))
}

/// What the options for a Python server say that counts here as well.
pub(super) fn worker_options(
    arguments: &ServerArguments,
    environment: &Environment,
) -> Result<WorkerOptions, SettingsError> {
    let mut options = WorkerOptions::default();
    for setting in catalogue::all().filter(|setting| setting.treatment == Treatment::Passed) {
        let flag = setting.flags.iter().find_map(|flag| arguments.passed(flag));
        environment.text(setting, flag).map_or(Ok(()), |given| options.read(given))?;
    }
    Ok(options)
}

fn refusal(setting: &Setting, origin: &'static str) -> SettingsError {
    SettingsError::Refused { origin, reason: setting.note }
}
