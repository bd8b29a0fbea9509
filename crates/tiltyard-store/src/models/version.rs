//! Statements about versions and their tags.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{Model, Tag, Version, VersionStatus};
use tiltyard_domain::pointer::Stage;
use tiltyard_domain::search::PROMPT_MARKER_TAG;

use super::model::{COLUMNS as MODEL_COLUMNS, model as read_model};
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
const WIDTH: usize = 17;

/// Behind [`COLUMNS`], the aliases of `v`, which hold no comma, and one of its tags from [`TAGS`].
pub(super) const BELOW: &str = "(SELECT string_agg(a.alias, ',') FROM aliases a WHERE a.model = m.id AND a.number = v.number), t.key, t.value";
/// Gives a row of `v` for each of its tags, and one where it has none.
pub(super) const TAGS: &str = "LEFT JOIN version_tags t ON t.version = v.id";

/// Of a workspace, a model's name and a version's number.
const BY_NUMBER: &str =
    "m.workspace = ?1 AND m.name = ?2 AND m.deleted_ms IS NULL AND v.number = ?3 AND v.deleted_ms IS NULL";

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
    /// A version with its tags and aliases. One statement.
    pub fn version(&mut self, model: &str, number: i64) -> Result<Option<Version>, Error> {
        let sql = format!(
            "SELECT {COLUMNS}, {BELOW} FROM models m JOIN versions v ON v.model = m.id {TAGS} WHERE {BY_NUMBER}"
        );
        Ok(self.whole_versions(&sql, &params![self.workspace(), model, number])?.pop())
    }

    /// A version without its tags and aliases, and its model without what hangs below it: what a change looks at.
    pub fn version_and_model(&mut self, model: &str, number: i64) -> Result<Option<(Version, Model)>, Error> {
        let sql = format!(
            "SELECT {COLUMNS}, {MODEL_COLUMNS} FROM models m JOIN versions v ON v.model = m.id WHERE {BY_NUMBER}"
        );
        self.one(&sql, &params![self.workspace(), model, number], |row| {
            Ok((version(row)?, read_model(row, WIDTH)?))
        })
    }

    /// The version that an alias points at, with its tags and aliases. One statement.
    pub fn version_by_alias(&mut self, model: &str, alias: &str) -> Result<Option<Version>, Error> {
        let sql = format!(
            "SELECT {COLUMNS}, {BELOW} FROM models m JOIN aliases p ON p.model = m.id AND p.alias = ?3
             JOIN versions v ON v.model = m.id AND v.number = p.number {TAGS}
             WHERE m.workspace = ?1 AND m.name = ?2 AND m.deleted_ms IS NULL AND v.deleted_ms IS NULL"
        );
        Ok(self.whole_versions(&sql, &params![self.workspace(), model, alias])?.pop())
    }

    /// Reads versions of which each tag has a row, with their tags and aliases, from [`COLUMNS`] and [`BELOW`].
    pub(super) fn whole_versions(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Version>, Error> {
        let mut found: Vec<Version> = Vec::new();
        self.each(sql, params, |row| {
            let id: i64 = row.get(0)?;
            if found.last().is_none_or(|last| last.id != id) {
                let mut version = version(row)?;
                let aliases: Option<String> = row.get(WIDTH)?;
                version.aliases.extend(aliases.iter().flat_map(|list| list.split(',')).map(str::to_owned));
                version.aliases.sort_unstable();
                found.push(version);
            }
            if let (Some(version), Some(key)) = (found.last_mut(), row.get(WIDTH + 1)?) {
                version.tags.push(Tag { key, value: row.get(WIDTH + 2)? });
            }
            Ok(())
        })?;
        for version in &mut found {
            version.tags.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        }
        Ok(found)
    }
}

/// Reads a version and, behind its columns, its model's key.
pub(crate) fn keyed(row: &dyn Row) -> Result<(i64, Version), Error> {
    Ok((row.get(WIDTH)?, version(row)?))
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
        self.send(
            "UPDATE versions SET description = ?2, updated_ms = ?3 WHERE id = ?1",
            &params![version, description, now.0],
        )
    }

    /// Marks a version as changed.
    pub fn touch_version(&mut self, version: i64, now: Timestamp) -> Result<(), Error> {
        self.send("UPDATE versions SET updated_ms = ?2 WHERE id = ?1", &params![version, now.0])
    }

    /// Deletes a version. Its number is not given again; its row stays for history.
    pub fn delete_version(&mut self, version: i64, now: Timestamp) -> Result<(), Error> {
        self.send(
            "UPDATE versions SET deleted_ms = ?2, updated_ms = ?2, description = NULL, run_link = NULL WHERE id = ?1",
            &params![version, now.0],
        )
    }

    /// Sets a tag of a version.
    pub fn set_version_tag(&mut self, version: i64, tag: &Tag) -> Result<(), Error> {
        self.send(
            "INSERT INTO version_tags (version, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (version, key) DO UPDATE SET value = excluded.value",
            &params![version, &tag.key, &tag.value],
        )?;
        self.note_prompt(version, &tag.key)
    }

    /// Deletes a tag of a version, if it has it.
    pub fn delete_version_tag(&mut self, version: i64, key: &str) -> Result<(), Error> {
        self.send("DELETE FROM version_tags WHERE version = ?1 AND key = ?2", &params![version, key])?;
        self.note_prompt(version, key)
    }

    /// Notes with the model whether any of its versions is marked as a prompt's, after a tag of one was changed. As in
    /// MLflow, the value is exactly `true`, and deleted versions count.
    fn note_prompt(&mut self, version: i64, key: &str) -> Result<(), Error> {
        if key != PROMPT_MARKER_TAG {
            return Ok(());
        }
        self.send(
            "UPDATE models SET has_prompt_versions = CASE WHEN EXISTS (
                 SELECT 1 FROM versions v JOIN version_tags t ON t.version = v.id
                 WHERE v.model = models.id AND t.key = ?2 AND t.value = 'true') THEN 1 ELSE 0 END
             WHERE id = (SELECT model FROM versions WHERE id = ?1)",
            &params![version, PROMPT_MARKER_TAG],
        )
    }
}
