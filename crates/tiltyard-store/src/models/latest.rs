//! The newest version of each stage. As in MLflow, the stage comes first that holds the oldest version.

use tiltyard_domain::entity::Version;
use tiltyard_domain::pointer::Stage;

use super::version::{BELOW, COLUMNS, TAGS, keyed};
use crate::engine::params;
use crate::{Error, Read};

impl Read<'_> {
    /// The newest version of each stage of a model, or of the stages named, with tags and aliases.
    /// Empty also where there is no such model. One statement.
    pub fn latest_versions_of(&mut self, model: &str, stages: &[Stage]) -> Result<Vec<Version>, Error> {
        let sql = statement(BELOW, TAGS, "m.workspace = ?1 AND m.name = ?2 AND m.deleted_ms IS NULL", stages);
        self.whole_versions(&sql, &params![self.workspace(), model])
    }

    /// The newest version of each stage of the models with these keys, each beside its model's key, with tags and aliases.
    pub(super) fn latest_versions(&mut self, models: &[i64]) -> Result<Vec<(i64, Version)>, Error> {
        let mut found = Vec::new();
        self.each_of(&statement("m.id", "", "m.id IN ({keys})", &[]), models, |row| {
            found.push(keyed(row)?);
            Ok(())
        })?;
        self.fill_versions(&mut found)?;
        Ok(found)
    }
}

/// An index leads to the last and the first version of a stage; versions between them are not looked at.
fn statement(below: &str, joined: &str, models: &str, stages: &[Stage]) -> String {
    let wanted = Stage::ALL.iter().filter(|stage| stages.is_empty() || stages.contains(stage));
    let names: Vec<String> = wanted.map(|stage| format!("('{stage}')")).collect();
    format!(
        "SELECT {COLUMNS}, {below} FROM models m CROSS JOIN (VALUES {}) AS s
         JOIN versions v ON v.model = m.id AND v.number =
             (SELECT max(n.number) FROM versions n
              WHERE n.model = m.id AND n.stage = s.column1 AND n.deleted_ms IS NULL)
         {joined} WHERE {models} ORDER BY m.id,
             (SELECT min(n.number) FROM versions n
              WHERE n.model = m.id AND n.stage = v.stage AND n.deleted_ms IS NULL)",
        names.join(",")
    )
}
