//! The one door to the process's environment: its variables and its current folder.
//! Nothing is interpreted here, and variables that are not ours to read are not even kept.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use tiltyard_blobs::CloudKind;

use super::SettingsError;

/// Beginnings of the names of variables that a server may look at.
const PREFIXES: [&str; 2] = ["MLFLOW_", "TILTYARD_"];
/// Clouds whose tools' variables are looked at.
const CLOUDS: [CloudKind; 3] = [CloudKind::S3, CloudKind::Google, CloudKind::Azure];
/// Variables that every client of PostgreSQL knows.
const NAMES: [&str; 4] = ["PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT"];

/// The variables and the current folder that settings are resolved against.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    working_folder: PathBuf,
}

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Result<Self, SettingsError> {
        let working_folder = std::env::current_dir()
            .map_err(|error| SettingsError::NoWorkingFolder { reason: error.to_string() })?;
        let mut environment = Self::new(working_folder);
        #[expect(clippy::disallowed_methods, reason = "this is the door")]
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
            let value = value.into_string().map_err(|_| SettingsError::NotText { name: name.to_owned() })?;
            environment = environment.with(name, value);
        }
        Ok(environment)
    }

    /// An environment without variables.
    pub(crate) fn new(working_folder: impl Into<PathBuf>) -> Self {
        Self { variables: BTreeMap::new(), working_folder: working_folder.into() }
    }

    /// The same environment with one more variable.
    #[must_use]
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Only what is said about clouds.
    pub(crate) fn of_clouds(&self) -> Self {
        let mut of_clouds = self.clone();
        of_clouds.variables.retain(|name, _| is_of_a_cloud(name));
        of_clouds
    }

    /// The value of a variable. An empty one counts as unset, as it does for the reference server's flags.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The folder that relative paths start from.
    pub(crate) fn working_folder(&self) -> &Path {
        &self.working_folder
    }
}

/// Shows names only: values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("working_folder", &self.working_folder)
            .finish()
    }
}

fn is_ours(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name) || is_of_a_cloud(name)
}

fn is_of_a_cloud(name: &str) -> bool {
    let is_known = |cloud: &CloudKind| cloud.variables().any(|known| known == name);
    CLOUDS.iter().any(is_known) || name.starts_with("MLFLOW_S3_")
}

#[cfg(test)]
mod tests {
    use super::{Environment, is_ours};

    #[test]
    fn debug_output_holds_no_values() {
        let environment = Environment::new("/srv").with("MLFLOW_TRACKING_PASSWORD", "hunter2");
        let shown = format!("{environment:?}");
        assert!(shown.contains("MLFLOW_TRACKING_PASSWORD") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let environment = Environment::new("/srv").with("MLFLOW_PORT", "").with("MLFLOW_HOST", "::1");
        assert_eq!(environment.get("MLFLOW_PORT"), None);
        assert_eq!(environment.get("MLFLOW_HOST"), Some("::1"));
    }

    #[test]
    fn only_variables_of_mlflow_tiltyard_postgresql_and_the_clouds_are_kept() {
        assert!(is_ours("MLFLOW_PORT") && is_ours("TILTYARD_LOG") && is_ours("PGPASSWORD"));
        assert!(is_ours("AWS_SECRET_ACCESS_KEY") && is_ours("GOOGLE_APPLICATION_CREDENTIALS"));
        assert!(!is_ours("AWS_PAGER") && !is_ours("MLFLOWISH"));
    }
}
