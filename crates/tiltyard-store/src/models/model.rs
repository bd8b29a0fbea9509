//! Statements about models, their tags and what hangs directly below them.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{Model, Tag};

use super::tag;
use crate::engine::{Param, Row, params};
use crate::groups::{Places, keys_of};
use crate::{Error, Read, Tx};

/// A model to be made.
#[derive(Debug, Clone)]
pub struct NewModel {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether its tags mark it as a prompt.
    pub is_prompt: bool,
}

/// The columns that [`model`] reads, of a table named `m`.
pub(crate) const COLUMNS: &str =
    "m.id, m.name, m.description, m.created_ms, m.updated_ms, m.pointer_revision, m.last_version";

const TAGS: &str = "SELECT model, key, value FROM model_tags WHERE model IN ({keys}) ORDER BY model, key";
const ALIASES: &str =
    "SELECT model, alias, number FROM aliases WHERE model IN ({keys}) ORDER BY model, alias";

/// Reads a model without what hangs below it, and its key.
pub(crate) fn keyed(row: &dyn Row) -> Result<(i64, Model), Error> {
    let model = model(row, 0)?;
    Ok((model.id, model))
}

/// Reads a model without what hangs below it from the columns that begin at `first`.
pub(super) fn model(row: &dyn Row, first: usize) -> Result<Model, Error> {
    Ok(Model {
        id: row.get(first)?,
        name: row.get(first + 1)?,
        description: row.get(first + 2)?,
        created: Timestamp(row.get(first + 3)?),
        updated: Timestamp(row.get(first + 4)?),
        pointer_revision: row.get(first + 5)?,
        last_version: row.get(first + 6)?,
        tags: Vec::new(),
        aliases: Vec::new(),
        latest_versions: Vec::new(),
    })
}

impl Read<'_> {
    /// A model without its tags, aliases and latest versions.
    pub fn bare_model(&mut self, name: &str) -> Result<Option<Model>, Error> {
        Ok(self.keyed_model(name)?.map(|(_, model)| model))
    }

    /// A model with everything that an answer shows of it.
    pub fn model(&mut self, name: &str) -> Result<Option<Model>, Error> {
        let Some(found) = self.keyed_model(name)? else { return Ok(None) };
        let mut found = [found];
        self.fill_models(&mut found)?;
        let [(_, found)] = found;
        Ok(Some(found))
    }

    fn keyed_model(&mut self, name: &str) -> Result<Option<(i64, Model)>, Error> {
        self.one(
            "SELECT m.id, m.name, m.description, m.created_ms, m.updated_ms, m.pointer_revision, m.last_version
             FROM models m WHERE m.workspace = ?1 AND m.name = ?2 AND m.deleted_ms IS NULL",
            &params![self.workspace(), name],
            keyed,
        )
    }

    /// Whether the tags of a model mark it as a prompt.
    pub fn is_prompt(&mut self, model: i64) -> Result<bool, Error> {
        let is_prompt =
            self.one("SELECT is_prompt FROM models WHERE id = ?1", &params![model], |row| row.get(0))?;
        Ok(is_prompt.unwrap_or(false))
    }

    /// Gives each model its tags, its aliases and the newest version of each stage, in a fixed number of statements.
    pub(crate) fn fill_models(&mut self, models: &mut [(i64, Model)]) -> Result<(), Error> {
        let (keys, places) = (keys_of(models), Places::of(models));
        self.each_of_all(&[TAGS, ALIASES], &keys, |question, row| {
            let model = places.find(models, row.get(0)?)?;
            match question {
                0 => model.tags.push(tag(row, 1)?),
                _ => model.aliases.push((row.get(1)?, row.get(2)?)),
            }
            Ok(())
        })?;
        for (model, version) in self.latest_versions(&keys)? {
            places.find(models, model)?.latest_versions.push(version);
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Makes a model. `None` when the name is taken.
    pub fn insert_model(&mut self, new: &NewModel, now: Timestamp) -> Result<Option<i64>, Error> {
        let workspace = self.workspace();
        self.one(
            "INSERT INTO models
                 (workspace, name, description, created_ms, updated_ms, last_version, pointer_revision, is_prompt)
             VALUES (?1, ?2, ?3, ?4, ?4, 0, 0, ?5) ON CONFLICT DO NOTHING RETURNING id",
            &params![workspace, &new.name, new.description.as_deref(), now.0, new.is_prompt],
            |row| row.get(0),
        )
    }

    /// Gives a model another name, and counts that as a change of each of its versions, as MLflow does. False when the
    /// name is taken.
    pub fn rename_model(&mut self, model: i64, name: &str, now: Timestamp) -> Result<bool, Error> {
        let workspace = self.workspace();
        let taken = self.one(
            "SELECT 1 FROM models WHERE workspace = ?1 AND name = ?2 AND deleted_ms IS NULL AND id <> ?3",
            &params![workspace, name, model],
            |_| Ok(()),
        )?;
        if taken.is_some() {
            return Ok(false);
        }
        self.send(
            "UPDATE models SET name = ?2, updated_ms = ?3 WHERE id = ?1",
            &params![model, name, now.0],
        )?;
        self.send(
            "UPDATE versions SET updated_ms = ?2 WHERE model = ?1 AND deleted_ms IS NULL",
            &params![model, now.0],
        )?;
        Ok(true)
    }

    /// Says anew what a model is for.
    pub fn describe_model(
        &mut self,
        model: i64,
        description: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.send(
            "UPDATE models SET description = ?2, updated_ms = ?3 WHERE id = ?1",
            &params![model, description, now.0],
        )
    }

    /// Deletes a model and its versions. Their rows stay for history; the name is free.
    pub fn delete_model(&mut self, model: i64, now: Timestamp) -> Result<(), Error> {
        let params = params![model, now.0];
        self.execute("UPDATE models SET deleted_ms = ?2 WHERE id = ?1", &params)?;
        self.execute("UPDATE versions SET deleted_ms = ?2 WHERE model = ?1 AND deleted_ms IS NULL", &params)?;
        Ok(())
    }

    /// Sets a tag of a model.
    pub fn set_model_tag(&mut self, model: i64, tag: &Tag) -> Result<(), Error> {
        self.send(
            "INSERT INTO model_tags (model, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
            &params![model, &tag.key, &tag.value],
        )
    }

    /// Deletes a tag of a model, if it has it.
    pub fn delete_model_tag(&mut self, model: i64, key: &str) -> Result<(), Error> {
        self.send("DELETE FROM model_tags WHERE model = ?1 AND key = ?2", &params![model, key])
    }

    /// Marks a model as a prompt, or not.
    pub fn mark_prompt(&mut self, model: i64, is_prompt: bool) -> Result<(), Error> {
        let params: [Param<'_>; 2] = params![model, is_prompt];
        self.send("UPDATE models SET is_prompt = ?2 WHERE id = ?1", &params)
    }
}
