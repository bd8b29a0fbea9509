//! Statements about logged models: the row itself, its params and its tags.
//! Showing whole pages of them stands in `logged_model_pages`; searching them in `search`.

use std::collections::HashSet;

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{LoggedModel, LoggedModelStatus, Param, Tag};

use crate::engine::{Param as Bound, Row, params};
use crate::experiments::location;
use crate::{Error, Read, Tx};

/// A logged model as its row says.
#[derive(Debug, Clone)]
pub struct LoggedModelRow {
    /// The store's key.
    pub key: i64,
    /// Whether it is deleted.
    pub deleted: bool,
    /// The model, without params, tags and metrics until they are filled in.
    pub model: LoggedModel,
}

/// Reads a logged model as its row says.
pub(crate) fn logged_model(row: &dyn Row) -> Result<LoggedModelRow, Error> {
    let model_id: String = row.get(2)?;
    let model = LoggedModel {
        location: location(row, 3)?.below(&tiltyard_domain::logged_models::folder(&model_id)),
        model_id,
        experiment_id: row.get(6)?,
        name: row.get(7)?,
        created: Timestamp(row.get(8)?),
        updated: Timestamp(row.get(9)?),
        status: status(row.get(10)?)?,
        status_message: row.get(11)?,
        model_type: row.get(12)?,
        source_run_id: row.get(13)?,
        tags: Vec::new(),
        params: Vec::new(),
        metrics: Vec::new(),
    };
    Ok(LoggedModelRow { key: row.get(0)?, deleted: row.get(1)?, model })
}

fn status(number: i64) -> Result<LoggedModelStatus, Error> {
    let found = LoggedModelStatus::ALL.into_iter().find(|status| *status as i64 == number);
    found.ok_or_else(|| Error::Corrupt(format!("status {number} of a logged model")))
}

impl Read<'_> {
    /// A logged model, deleted or not, without params, tags and metrics.
    pub fn logged_model_row(&mut self, model_id: &str) -> Result<Option<LoggedModelRow>, Error> {
        self.one(
            "SELECT l.id, l.deleted, l.model_id, e.store, s.root, e.location, l.experiment, l.name, l.created_ms,
                    l.updated_ms, l.status, l.status_message, l.model_type, l.source_run_id
             FROM logged_models l JOIN experiments e ON e.id = l.experiment LEFT JOIN stores s ON s.id = e.store
             WHERE l.workspace = ?1 AND l.model_id = ?2",
            &params![self.workspace(), model_id],
            logged_model,
        )
    }

    /// The value of a tag of a logged model.
    pub fn logged_model_tag(&mut self, model: i64, key: &str) -> Result<Option<String>, Error> {
        self.one(
            "SELECT t.value FROM logged_model_tags t JOIN keys k ON k.id = t.key WHERE t.model = ?1 AND k.name = ?2",
            &params![model, key],
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// Makes a logged model with its tags, and gives its key. Params are inserted by themselves, so that a repeated one
    /// can be refused.
    pub fn insert_logged_model(&mut self, model: &LoggedModel) -> Result<i64, Error> {
        let workspace = self.workspace();
        let inserted = self.one(
            "INSERT INTO logged_models (workspace, model_id, experiment, name, source_run_id, model_type, status,
                                        status_message, created_ms, updated_ms, deleted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0) RETURNING id",
            &params![
                workspace,
                &model.model_id,
                model.experiment_id,
                &model.name,
                model.source_run_id.as_deref(),
                model.model_type.as_deref(),
                model.status as i64,
                model.status_message.as_deref(),
                model.created.0,
                model.updated.0,
            ],
            |row| row.get(0),
        )?;
        inserted.ok_or_else(|| Error::Corrupt("a logged model that was just made is gone".to_owned()))
    }

    /// Says how far a logged model got.
    pub fn set_logged_model_status(
        &mut self,
        model: i64,
        status: LoggedModelStatus,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.send(
            "UPDATE logged_models SET status = ?2, updated_ms = ?3 WHERE id = ?1",
            &params![model, status as i64, now.0],
        )
    }

    /// Deletes a logged model; its row stays for what refers to it.
    pub fn delete_logged_model(&mut self, model: i64, now: Timestamp) -> Result<(), Error> {
        self.send(
            "UPDATE logged_models SET deleted = 1, updated_ms = ?2 WHERE id = ?1",
            &params![model, now.0],
        )
    }

    /// Adds params to a logged model. Gives the first of which it has the key already, also from before it in the list; then
    /// none is added.
    pub fn insert_logged_model_params<'a>(
        &mut self,
        model: i64,
        params: &'a [Param],
    ) -> Result<Option<&'a Param>, Error> {
        let texts: Vec<_> = params.iter().map(|param| (param.key.as_str(), param.value.as_str())).collect();
        Ok(self.insert_texts("logged_model_params", model, &texts)?.map(|place| &params[place]))
    }

    /// Adds tags to a logged model; as with params.
    pub fn insert_logged_model_tags<'a>(
        &mut self,
        model: i64,
        tags: &'a [Tag],
    ) -> Result<Option<&'a Tag>, Error> {
        let texts: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
        Ok(self.insert_texts("logged_model_tags", model, &texts)?.map(|place| &tags[place]))
    }

    fn insert_texts(
        &mut self,
        table: &str,
        model: i64,
        texts: &[(&str, &str)],
    ) -> Result<Option<usize>, Error> {
        if texts.is_empty() {
            return Ok(None);
        }
        let keys = self.keys_made(texts.iter().map(|(key, _)| *key))?;
        let sql = format!("SELECT key FROM {table} WHERE model = ?1");
        let standing: Vec<i64> = self.all(&sql, &params![model], |row| row.get(0))?;
        let mut seen: HashSet<i64> = standing.into_iter().collect();
        let mut numbers = Vec::with_capacity(texts.len());
        for (place, (key, _)) in texts.iter().enumerate() {
            let number = keys.number(key)?;
            if !seen.insert(number) {
                return Ok(Some(place));
            }
            numbers.push(number);
        }
        let values: Vec<&str> = texts.iter().map(|(_, value)| *value).collect();
        let models = vec![model; texts.len()];
        let columns = [Bound::Integers(&models), Bound::Integers(&numbers), Bound::Texts(&values)];
        self.send_rows(&format!("INSERT INTO {table} (model, key, value) {{rows}}"), &columns)?;
        Ok(None)
    }

    /// Sets a tag of a logged model.
    pub fn set_logged_model_tag(&mut self, model: i64, tag: &Tag) -> Result<(), Error> {
        let key = self.key_made(&tag.key)?;
        self.send(
            "INSERT INTO logged_model_tags (model, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
            &params![model, key, &tag.value],
        )
    }

    /// Deletes a tag of a logged model. False when it had none of that key.
    pub fn delete_logged_model_tag(&mut self, model: i64, key: &str) -> Result<bool, Error> {
        let gone = self.execute(
            "DELETE FROM logged_model_tags WHERE model = ?1 AND key = (SELECT id FROM keys WHERE name = ?2)",
            &params![model, key],
        )?;
        Ok(gone > 0)
    }
}
