//! Statements about params and tags of a run.
//! Metrics stand in `metrics`, reading all that a run logged in `runs`.

use std::collections::{BTreeMap, HashMap};

use tiltyard_domain::entity::{Param, Tag};

use crate::engine::{Param as Bound, params};
use crate::{Error, Read, RunRow, Tx, many};

impl Read<'_> {
    /// The value of a tag of a run.
    pub fn run_tag(&mut self, run: RunRow, key: &str) -> Result<Option<String>, Error> {
        self.one(
            "SELECT t.value FROM run_tags t JOIN keys k ON k.id = t.key WHERE t.run = ?1 AND k.name = ?2",
            &params![run.key, key],
            |row| row.get(0),
        )
    }
}

/// Texts of one run under keys, a list for each column.
struct Columns<'a> {
    runs: Vec<i64>,
    keys: Vec<i64>,
    experiments: Vec<i64>,
    starts: Vec<i64>,
    values: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(run: RunRow, texts: &[(i64, &'a str)]) -> Self {
        let same = |value: i64| vec![value; texts.len()];
        Self {
            runs: same(run.key),
            keys: texts.iter().map(|(key, _)| *key).collect(),
            experiments: same(run.experiment),
            starts: same(run.started.0),
            values: texts.iter().map(|(_, value)| *value).collect(),
        }
    }

    fn lists(&self) -> [Bound<'_>; 5] {
        [
            Bound::Integers(&self.runs),
            Bound::Integers(&self.keys),
            Bound::Integers(&self.experiments),
            Bound::Integers(&self.starts),
            Bound::Texts(&self.values),
        ]
    }
}

impl Tx<'_> {
    /// Logs a param. Where the run has another value for the key, that value stays and is given back.
    pub fn log_param(&mut self, run: RunRow, param: &Param) -> Result<Option<String>, Error> {
        let standing = self.log_params(run, std::slice::from_ref(param))?;
        Ok(standing.into_iter().next().map(|(_, standing)| standing))
    }

    /// Logs params. Gives those for which the run has another value, each beside that value, which stays.
    pub fn log_params<'a>(
        &mut self,
        run: RunRow,
        params: &'a [Param],
    ) -> Result<Vec<(&'a Param, String)>, Error> {
        if params.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.keys_made(params.iter().map(|param| param.key.as_str()))?;
        let mut texts = Vec::with_capacity(params.len());
        for param in params {
            texts.push((keys.number(&param.key)?, param.value.as_str()));
        }
        // In one order for all, as with metrics.
        texts.sort_by_key(|(key, _)| *key);
        let inserted = self.insert_rows(
            "INSERT INTO params (run, key, experiment, started_ms, value) {rows} ON CONFLICT DO NOTHING",
            &Columns::of(run, &texts).lists(),
        )?;
        if inserted == params.len() {
            return Ok(Vec::new());
        }
        let standing = self.standing_params(run, &texts)?;
        let mut others = Vec::new();
        for param in params {
            let standing = standing.get(&keys.number(&param.key)?);
            others
                .extend(standing.filter(|value| **value != param.value).map(|value| (param, value.clone())));
        }
        Ok(others)
    }

    fn standing_params(&mut self, run: RunRow, texts: &[(i64, &str)]) -> Result<HashMap<i64, String>, Error> {
        let mut standing = HashMap::with_capacity(texts.len());
        for part in texts.chunks(many::LENGTH_MAX) {
            let keys = many::filled(part.iter().map(|(key, _)| Bound::Integer(*key)));
            let places = many::places(2, keys.len());
            let sql = format!("SELECT key, value FROM params WHERE run = ?1 AND key IN ({places})");
            let bound = [params![run.key].as_slice(), &keys].concat();
            self.each(&sql, &bound, |row| {
                standing.insert(row.get(0)?, row.get(1)?);
                Ok(())
            })?;
        }
        Ok(standing)
    }

    /// Sets a tag of a run.
    pub fn set_run_tag(&mut self, run: RunRow, tag: &Tag) -> Result<(), Error> {
        self.set_run_tags(run, std::slice::from_ref(tag))
    }

    /// Sets tags of a run. Of several with one key the last counts.
    pub fn set_run_tags(&mut self, run: RunRow, tags: &[Tag]) -> Result<(), Error> {
        let keys = self.keys_made(tags.iter().map(|tag| tag.key.as_str()))?;
        let mut texts = BTreeMap::new();
        for tag in tags {
            texts.insert(keys.number(&tag.key)?, tag.value.as_str());
        }
        let texts: Vec<(i64, &str)> = texts.into_iter().collect();
        self.send_rows(
            "INSERT INTO run_tags (run, key, experiment, started_ms, value) {rows}
             ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
            &Columns::of(run, &texts).lists(),
        )
    }

    /// Deletes a tag of a run. False when it had none of that key.
    pub fn delete_run_tag(&mut self, run: RunRow, key: &str) -> Result<bool, Error> {
        let gone = self.execute(
            "DELETE FROM run_tags WHERE run = ?1 AND key = (SELECT id FROM keys WHERE name = ?2)",
            &params![run.key, key],
        )?;
        Ok(gone > 0)
    }
}
