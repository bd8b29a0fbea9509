//! Which rows of Tiltyard's tables make a run, a model and a version.

use super::{Cell, Database, Row, integer, row, whole};
use crate::{
    failure::{Failure, Outcome},
    seed::{Content, VERSIONS_PER_MODEL, model_name, run_of_version, scale},
};

/// Adds what `fill` of this folder wants.
pub(crate) fn rows(database: &mut dyn Database, content: &Content, size: scale::Size) -> Outcome<()> {
    add_runs(database, content)?;
    add_models(database, content, size.models)?;
    add_versions(database, content, size.versions)
}

/// The keys of the runs to be added, and the ids of what they log.
struct Runs<'a> {
    database: &'a mut dyn Database,
    added: u64,
    first_key: i64,
    last_key: i64,
}

impl Runs<'_> {
    /// Copies each row that hangs below the first run for every other one. `keys` are the names of what is logged, in the
    /// order of their ids; `fill` sets the value of that of a run.
    fn add_below(
        &mut self,
        table: &str,
        names: &[String],
        mut fill: impl FnMut(&mut Row, usize, usize),
    ) -> Outcome<()> {
        let row = row(self.database, &format!("SELECT * FROM {table} WHERE run = {}", self.first_key))?;
        let ids = ids(self.database, names)?;
        let (last_key, width) = (self.last_key, ids.len());
        let has_start = row.get("started_ms").is_some();
        self.database.load(table, &row, self.added * width as u64, &mut |index, row| {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            let (run, (id, place)) = (1 + index / width, ids[index % width]);
            row.set("run", last_key + whole(run)).set("key", id);
            if has_start {
                row.set("started_ms", scale::start_millis(run));
            }
            fill(row, run, place);
        })
    }
}

fn add_runs(database: &mut dyn Database, content: &Content) -> Outcome<()> {
    let ids = &content.runs;
    let [first_id, ..] = ids.as_slice() else { return Err(Failure::new("there is no first run")) };
    let run = row(database, &format!("SELECT * FROM runs WHERE run_id = '{first_id}'"))?;
    let last_key = integer(database, "SELECT max(id) AS key FROM runs")?;
    let added = ids.len() as u64 - 1;
    database.load("runs", &run, added, &mut |index, row| {
        let run = usize::try_from(index).unwrap_or(usize::MAX) + 1;
        row.set("id", last_key + whole(run)).set("run_id", ids[run].as_str());
        row.set("name", scale::tag(run, "mlflow.runName"));
        row.set("started_ms", scale::start_millis(run)).set("ended_ms", scale::end_millis(run));
    })?;
    let mut runs = Runs { database, added, first_key: run.integer("id"), last_key };
    let metric = |row: &mut Row, run: usize, place: usize| {
        row.set("time_ms", scale::start_millis(run)).set("value", scale::metric(run, place as u64));
    };
    let metrics: Vec<String> = (0..scale::METRICS).map(scale::metric_key).collect();
    runs.add_below("metrics", &metrics, metric)?;
    runs.add_below("latest_metrics", &metrics, metric)?;
    let params: Vec<String> = (0..scale::PARAMS).map(scale::param_key).collect();
    runs.add_below("params", &params, |row, run, place| {
        row.set("value", scale::param(run, place as u64));
    })?;
    runs.add_below("run_tags", &scale::TAGS.map(str::to_owned), |row, run, place| {
        row.set("value", scale::tag(run, scale::TAGS[place]));
    })
}

/// The ids of keys with their places among the names, in the order of the ids: that of the tables' own trees.
fn ids(database: &mut dyn Database, names: &[String]) -> Outcome<Vec<(i64, usize)>> {
    let mut ids = Vec::new();
    for (place, name) in names.iter().enumerate() {
        ids.push((integer(database, &format!("SELECT id FROM keys WHERE name = '{name}'"))?, place));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// What the product wrote for a model, and the last keys of the tables that have some of their own.
struct Pattern {
    run: String,
    model: Row,
    versions: Vec<Row>,
    aliases: Vec<Row>,
    journal: Vec<Row>,
    history: Vec<Row>,
    last_model: i64,
    last_version: i64,
    last_entry: i64,
}

impl Pattern {
    fn read(database: &mut dyn Database, content: &Content) -> Outcome<Self> {
        let name = model_name(scale::LARGE_MODEL);
        let model = row(database, &format!("SELECT * FROM models WHERE name = '{name}'"))?;
        let key = model.integer("id");
        Ok(Self {
            run: content.runs.first().cloned().unwrap_or_default(),
            model,
            versions: database
                .rows(&format!("SELECT * FROM versions WHERE model = {key} ORDER BY number"))?,
            aliases: database.rows(&format!("SELECT * FROM aliases WHERE model = {key}"))?,
            journal: database.rows(&format!("SELECT * FROM journal WHERE model = '{name}' ORDER BY id"))?,
            history: database.rows(&format!(
                "SELECT * FROM pointer_history WHERE model = {key} ORDER BY journal, place"
            ))?,
            last_model: integer(database, "SELECT max(id) AS key FROM models")?,
            last_version: integer(database, "SELECT max(id) AS key FROM versions")?,
            last_entry: integer(database, "SELECT max(id) AS key FROM journal")?,
        })
    }

    /// The place of an entry among those of the model.
    fn place_of(&self, entry: i64) -> i64 {
        whole(self.journal.iter().position(|row| row.integer("id") == entry).unwrap_or_default())
    }

    /// The key that the entry of a place gets when it is copied for a model.
    fn entry(&self, model: usize, place: i64) -> i64 {
        self.last_entry + whole((model - 1) * self.journal.len()) + place + 1
    }
}

/// Copies rows of the first model for every other one; `fill` is told the model and the row's place.
fn copy(
    database: &mut dyn Database,
    table: &str,
    rows: &[Row],
    models: usize,
    fill: impl Fn(&mut Row, usize, usize),
) -> Outcome<()> {
    let Some(first) = rows.first() else { return Err(Failure::new(format!("{table} has no row to copy"))) };
    let count = (models.saturating_sub(1) * rows.len()) as u64;
    database.load(table, first, count, &mut |index, row| {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let (model, place) = (1 + index / rows.len(), index % rows.len());
        row.clone_from(&rows[place]);
        fill(row, model, place);
    })
}

fn add_models(database: &mut dyn Database, content: &Content, models: usize) -> Outcome<()> {
    let pattern = Pattern::read(database, content)?;
    let first_name = model_name(scale::LARGE_MODEL);
    let key = |model: usize| pattern.last_model + whole(model);
    copy(database, "models", std::slice::from_ref(&pattern.model), models, |row, model, _| {
        row.set("id", key(model)).set("name", model_name(model));
    })?;
    let run_of = |row: &Row, model: usize, column: &str| {
        let version = u32::try_from(row.integer(column)).unwrap_or_default();
        run_of_version(content, model, version)
    };
    let versions = pattern.versions.len();
    copy(database, "versions", &pattern.versions, models, |row, model, place| {
        let run = run_of(row, model, "number");
        row.set("id", pattern.last_version + whole((model - 1) * versions + place + 1));
        row.set("model", key(model)).replace(&pattern.run, run);
    })?;
    copy(database, "aliases", &pattern.aliases, models, |row, model, _| {
        row.set("model", key(model));
    })?;
    copy(database, "journal", &pattern.journal, models, |row, model, place| {
        let run = run_of(row, model, "version");
        row.set("id", pattern.entry(model, whole(place)));
        row.replace(&first_name, &model_name(model)).replace(&pattern.run, run);
    })?;
    copy(database, "pointer_history", &pattern.history, models, |row, model, _| {
        let place = pattern.place_of(row.integer("journal"));
        row.set("model", key(model)).set("journal", pattern.entry(model, place));
    })
}

/// Adds versions to the model that has many, as copies of its first.
fn add_versions(database: &mut dyn Database, content: &Content, versions: u32) -> Outcome<()> {
    let pattern = Pattern::read(database, content)?;
    let is_first = |row: &&Row| row.get("version") == Some(&Cell::Integer(1));
    let (Some(first), Some(entry)) = (pattern.versions.first(), pattern.journal.iter().find(is_first)) else {
        return Err(Failure::new("there is no first version"));
    };
    let added = u64::from(versions.saturating_sub(VERSIONS_PER_MODEL));
    let number = |index: u64| u32::try_from(index).unwrap_or(u32::MAX) + VERSIONS_PER_MODEL + 1;
    let run = |index: u64| run_of_version(content, scale::LARGE_MODEL, number(index));
    let time = |index: u64| content.start_millis + i64::from(number(index));
    let later = |last: i64, index: u64| last + i64::from(number(index) - VERSIONS_PER_MODEL);
    database.load("versions", first, added, &mut |index, row| {
        row.clone_from(first);
        row.set("id", later(pattern.last_version, index)).set("number", i64::from(number(index)));
        row.set("created_ms", time(index)).set("updated_ms", time(index)).replace(&pattern.run, run(index));
    })?;
    database.load("journal", entry, added, &mut |index, row| {
        row.clone_from(entry);
        row.set("id", later(pattern.last_entry, index)).set("version", i64::from(number(index)));
        row.set("time_ms", time(index)).replace(&pattern.run, run(index));
    })?;
    let (model, last) = (pattern.model.integer("id"), versions.max(VERSIONS_PER_MODEL));
    database.run(&format!("UPDATE models SET last_version = {last} WHERE id = {model}"))
}
