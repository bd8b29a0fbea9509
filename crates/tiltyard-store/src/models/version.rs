//! Statements about versions and their tags.

use std::collections::HashMap;

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{Tag, Version, VersionStatus};
use tiltyard_domain::pointer::Stage;
use tiltyard_domain::search::PROMPT_MARKER_TAG;

use super::tag;
use crate::engine::{Param, Row, Value, params};
use crate::{Error, Read, Tx};

/// A version to be made. Its number is given by the store.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// Who makes it.
    pub user_id: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Where its bytes come from, as the client said.
    pub source: String,
    /// The location that `source` stands for when that is another one.
    pub storage_location: Option<String>,
    /// The run that made it.
    pub run_id: Option<String>,
    /// A link to that run.
    pub run_link: Option<String>,
    /// The logged model it comes from.
    pub logged_model_id: Option<String>,
    /// Why nothing vouches for its bytes, as far as is known now.
    pub unverified_reason: Option<String>,
}

/// The columns that [`version`] reads, of tables named `v` and `m`.
pub(crate) const COLUMNS: &str = "v.id, m.name, v.number, v.created_ms, v.updated_ms, v.user_id, v.stage, v.description, \
     v.source, v.storage_location, v.run_id, v.run_link, v.logged_model_id, v.status, v.manifest_digest, v.verified, \
     v.unverified_reason";

/// Reads a version without its tags and aliases.
pub(crate) fn version(row: &dyn Row) -> Result<Version, Error> {
    Ok(Version {
        id: row.get(0)?,
        model: row.get(1)?,
        number: row.get(2)?,
        created: Timestamp(row.get(3)?),
        updated: Timestamp(row.get(4)?),
        user_id: row.get(5)?,
        stage: stage(row)?,
        description: row.get(7)?,
        source: row.get(8)?,
        storage_location: row.get(9)?,
        run_id: row.get(10)?,
        run_link: row.get(11)?,
        logged_model_id: row.get(12)?,
        status: status(row.get(13)?)?,
        manifest_digest: row.get(14)?,
        verified: row.get(15)?,
        unverified_reason: row.get(16)?,
        tags: Vec::new(),
        aliases: Vec::new(),
    })
}

fn stage(row: &dyn Row) -> Result<Stage, Error> {
    let Value::Text(name) = row.value(6)? else {
        return Err(Error::Corrupt("a stage is no text".to_owned()));
    };
    Stage::parse(name).map_err(|_| Error::Corrupt(format!("{name} is no stage")))
}

fn status(number: i64) -> Result<VersionStatus, Error> {
    let all = [VersionStatus::Pending, VersionStatus::Failed, VersionStatus::Ready];
    let found = all.into_iter().find(|status| *status as i64 == number);
    found.ok_or_else(|| Error::Corrupt(format!("{number} is no status")))
}

impl Read<'_> {
    /// A version with its tags and aliases.
    pub fn version(&mut self, model: &str, number: i64) -> Result<Option<Version>, Error> {
        let found = self.keyed_version(model, number)?;
        self.filled(found)
    }

    fn keyed_version(&mut self, model: &str, number: i64) -> Result<Option<(i64, Version)>, Error> {
        let sql = format!(
            "SELECT {COLUMNS}, m.id FROM models m JOIN versions v ON v.model = m.id
             WHERE m.workspace = ?1 AND m.name = ?2 AND m.deleted_ms IS NULL AND v.number = ?3 AND v.deleted_ms IS NULL"
        );
        self.one(&sql, &params![self.workspace(), model, number], keyed)
    }

    /// A version without its tags and aliases, for changes that look at neither.
    pub fn bare_version(&mut self, model: &str, number: i64) -> Result<Option<Version>, Error> {
        Ok(self.keyed_version(model, number)?.map(|(_, version)| version))
    }

    /// The version that an alias points at, with its tags and aliases.
    pub fn version_by_alias(&mut self, model: &str, alias: &str) -> Result<Option<Version>, Error> {
        let sql = format!(
            "SELECT {COLUMNS}, m.id FROM models m JOIN aliases a ON a.model = m.id AND a.alias = ?3
             JOIN versions v ON v.model = m.id AND v.number = a.number
             WHERE m.workspace = ?1 AND m.name = ?2 AND m.deleted_ms IS NULL AND v.deleted_ms IS NULL"
        );
        let found = self.one(&sql, &params![self.workspace(), model, alias], keyed)?;
        self.filled(found)
    }

    /// The numbers of a model's versions.
    pub fn version_numbers(&mut self, model: i64) -> Result<Vec<i64>, Error> {
        self.all(
            "SELECT number FROM versions WHERE model = ?1 AND deleted_ms IS NULL",
            &params![model],
            |row| row.get(0),
        )
    }

    /// The newest version of each stage of a model, or of the stages named, with tags and aliases. As in MLflow, the stage
    /// comes first that holds the oldest version.
    pub fn latest_versions_of(&mut self, model: i64, stages: &[Stage]) -> Result<Vec<Version>, Error> {
        let found = self.latest_versions(&[model], stages)?;
        Ok(found.into_iter().map(|(_, version)| version).collect())
    }

    /// The newest version of each stage of each of the models, with tags and aliases.
    pub(super) fn latest_versions(
        &mut self,
        models: &[i64],
        stages: &[Stage],
    ) -> Result<Vec<(i64, Version)>, Error> {
        let wanted = Stage::ALL.iter().filter(|stage| stages.is_empty() || stages.contains(stage));
        let names: Vec<String> = wanted.map(|stage| format!("('{stage}')")).collect();
        let sql = format!(
            "SELECT {COLUMNS}, m.id FROM models m CROSS JOIN (VALUES {}) AS s
             JOIN versions v ON v.model = m.id AND v.number =
                 (SELECT max(n.number) FROM versions n
                  WHERE n.model = m.id AND n.stage = s.column1 AND n.deleted_ms IS NULL)
             WHERE m.id IN ({{keys}}) ORDER BY m.id,
                 (SELECT min(n.number) FROM versions n
                  WHERE n.model = m.id AND n.stage = v.stage AND n.deleted_ms IS NULL)",
            names.join(",")
        );
        let mut found = Vec::new();
        self.each_of(&sql, models, |row| {
            found.push(keyed(row)?);
            Ok(())
        })?;
        self.fill_versions(&mut found)?;
        Ok(found)
    }

    fn filled(&mut self, found: Option<(i64, Version)>) -> Result<Option<Version>, Error> {
        let Some(found) = found else { return Ok(None) };
        let mut found = [found];
        self.fill_versions(&mut found)?;
        let [(_, found)] = found;
        Ok(Some(found))
    }

    /// Gives each version, which stands beside its model's key, its tags and aliases in a fixed number of statements.
    pub(crate) fn fill_versions(&mut self, versions: &mut [(i64, Version)]) -> Result<(), Error> {
        self.fill_version_tags(versions)?;
        self.fill_version_aliases(versions)
    }

    fn fill_version_tags(&mut self, versions: &mut [(i64, Version)]) -> Result<(), Error> {
        let ids: Vec<i64> = versions.iter().map(|(_, version)| version.id).collect();
        let places: HashMap<i64, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let stretch = stretch(versions);
        let put = |row: &dyn Row| {
            if let Some(place) = places.get(&row.get(0)?) {
                versions[*place].1.tags.push(tag(row, 1)?);
            }
            Ok(())
        };
        if let Some((model, first, last)) = stretch {
            return self.each(TAGS_OF_STRETCH, &params![model, first, last], put);
        }
        self.each_of(
            "SELECT version, key, value FROM version_tags WHERE version IN ({keys}) ORDER BY version, key",
            &ids,
            put,
        )
    }

    fn fill_version_aliases(&mut self, versions: &mut [(i64, Version)]) -> Result<(), Error> {
        let mut models: Vec<i64> = versions.iter().map(|(model, _)| *model).collect();
        models.sort_unstable();
        models.dedup();
        let places: HashMap<(i64, i64), usize> = versions
            .iter()
            .enumerate()
            .map(|(place, (model, version))| ((*model, version.number), place))
            .collect();
        self.each_of(
            "SELECT model, number, alias FROM aliases WHERE model IN ({keys}) ORDER BY model, alias",
            &models,
            |row| {
                if let Some(place) = places.get(&(row.get(0)?, row.get(1)?)) {
                    versions[*place].1.aliases.push(row.get(2)?);
                }
                Ok(())
            },
        )
    }
}

/// Clients ask for the versions of a model all the time; their tags are reached through it at half the cost of a list.
const TAGS_OF_STRETCH: &str = "SELECT t.version, t.key, t.value FROM versions v CROSS JOIN version_tags t
     WHERE v.model = ?1 AND v.number BETWEEN ?2 AND ?3 AND t.version = v.id ORDER BY v.number, t.key";

/// The model of several versions, and the first and last number, if most of the numbers between are among them.
fn stretch(versions: &[(i64, Version)]) -> Option<(i64, i64, i64)> {
    let [(model, _), _, ..] = versions else { return None };
    let numbers = || versions.iter().map(|(_, version)| version.number);
    let (first, last) = (numbers().min()?, numbers().max()?);
    let is_dense = usize::try_from(last - first).is_ok_and(|gap| gap < 2 * versions.len());
    (is_dense && versions.iter().all(|(other, _)| other == model)).then_some((*model, first, last))
}

/// Reads a version and, behind its columns, its model's key.
pub(crate) fn keyed(row: &dyn Row) -> Result<(i64, Version), Error> {
    Ok((row.get(17)?, version(row)?))
}

impl Tx<'_> {
    /// Makes a version with the next number of its model and gives its key and number. The counter stands on the model's
    /// row, so that writers on other replicas wait for each other and no number is skipped or given twice.
    pub fn insert_version(
        &mut self,
        model: i64,
        new: &NewVersion,
        now: Timestamp,
    ) -> Result<(i64, i64), Error> {
        let number: Option<i64> = self.one(
            "UPDATE models SET last_version = last_version + 1, updated_ms = ?2 WHERE id = ?1 RETURNING last_version",
            &params![model, now.0],
            |row| row.get(0),
        )?;
        let number = number.ok_or(Error::Conflict)?;
        let texts = [
            &new.user_id,
            &new.description,
            &new.storage_location,
            &new.run_id,
            &new.run_link,
            &new.logged_model_id,
        ];
        let [user_id, description, storage_location, run_id, run_link, logged_model_id] =
            texts.map(|text| Param::from(text.as_deref()));
        let id: Option<i64> = self.one(
            "INSERT INTO versions (model, number, created_ms, updated_ms, user_id, stage, description, source,
                 storage_location, run_id, run_link, logged_model_id, status, verified, unverified_reason)
             VALUES (?1, ?2, ?3, ?3, ?4, 'None', ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12) RETURNING id",
            &[
                model.into(),
                number.into(),
                now.0.into(),
                user_id,
                description,
                Param::from(&new.source),
                storage_location,
                run_id,
                run_link,
                logged_model_id,
                Param::from(VersionStatus::Ready as i64),
                Param::from(new.unverified_reason.as_deref()),
            ],
            |row| row.get(0),
        )?;
        Ok((id.ok_or(Error::Conflict)?, number))
    }

    /// Says anew what a version is.
    pub fn describe_version(
        &mut self,
        version: i64,
        description: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "UPDATE versions SET description = ?2, updated_ms = ?3 WHERE id = ?1",
            &params![version, description, now.0],
        )?;
        Ok(())
    }

    /// Marks a version as changed.
    pub fn touch_version(&mut self, version: i64, now: Timestamp) -> Result<(), Error> {
        self.execute("UPDATE versions SET updated_ms = ?2 WHERE id = ?1", &params![version, now.0])?;
        Ok(())
    }

    /// Deletes a version. Its number is not given again; its row stays for history.
    pub fn delete_version(&mut self, version: i64, now: Timestamp) -> Result<(), Error> {
        self.execute(
            "UPDATE versions SET deleted_ms = ?2, updated_ms = ?2, description = NULL, run_link = NULL WHERE id = ?1",
            &params![version, now.0],
        )?;
        Ok(())
    }

    /// Sets a tag of a version.
    pub fn set_version_tag(&mut self, version: i64, tag: &Tag) -> Result<(), Error> {
        self.execute(
            "INSERT INTO version_tags (version, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (version, key) DO UPDATE SET value = excluded.value",
            &params![version, &tag.key, &tag.value],
        )?;
        self.note_prompt(version, &tag.key)
    }

    /// Deletes a tag of a version, if it has it.
    pub fn delete_version_tag(&mut self, version: i64, key: &str) -> Result<(), Error> {
        self.execute("DELETE FROM version_tags WHERE version = ?1 AND key = ?2", &params![version, key])?;
        self.note_prompt(version, key)
    }

    /// Notes with the model whether any of its versions is marked as a prompt's, after a tag of one was changed. As in
    /// MLflow, the value is exactly `true`, and deleted versions count.
    fn note_prompt(&mut self, version: i64, key: &str) -> Result<(), Error> {
        if key != PROMPT_MARKER_TAG {
            return Ok(());
        }
        self.execute(
            "UPDATE models SET has_prompt_versions = CASE WHEN EXISTS (
                 SELECT 1 FROM versions v JOIN version_tags t ON t.version = v.id
                 WHERE v.model = models.id AND t.key = ?2 AND t.value = 'true') THEN 1 ELSE 0 END
             WHERE id = (SELECT model FROM versions WHERE id = ?1)",
            &params![version, PROMPT_MARKER_TAG],
        )?;
        Ok(())
    }
}
