//! Statements about runs themselves, and how a page of runs is loaded whole in a fixed number of statements.
//! Writing what they log stands in `run_data` and `metrics`, searching them in `search`.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{ArtifactLocation, Param, Run, RunStatus, Tag};

use crate::engine::{Row, params};
use crate::experiments::location;
use crate::groups::{Places, keys_of};
use crate::metrics::latest_metric;
use crate::run_lineage::{self, DATASETS, Lineage, MODELS};
use crate::{Error, Read, Tx};

/// What a change of a run needs to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunRow {
    /// The row's key.
    pub(crate) key: i64,
    /// The experiment's id.
    pub(crate) experiment: i64,
    /// When it began.
    pub(crate) started: Timestamp,
    /// Whether the run is deleted.
    pub deleted: bool,
}

/// What is changed of a run; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunChange {
    /// The state.
    pub status: Option<RunStatus>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The name. The tag that says the same is the caller's to set.
    pub name: Option<String>,
}

const RUN_BY_ID: &str =
    "SELECT r.id, r.run_id, r.experiment, r.name, r.user_id, r.status, r.started_ms, r.ended_ms,
            r.deleted, e.store, s.root, e.location
     FROM runs r JOIN experiments e ON e.id = r.experiment LEFT JOIN stores s ON s.id = e.store
     WHERE r.workspace = ?1 AND r.run_id = ?2";

/// Reads a run with its row's key, without anything it logged, from the columns of [`RUN_BY_ID`].
pub(crate) fn run(row: &dyn Row) -> Result<(i64, Run), Error> {
    let run_id: String = row.get(1)?;
    let experiment_location = location(row, 9)?;
    let run = Run {
        location: artifacts_of(&experiment_location, &run_id),
        run_id,
        experiment_id: row.get(2)?,
        name: row.get(3)?,
        user_id: row.get(4)?,
        status: status(row.get(5)?)?,
        started: Timestamp(row.get(6)?),
        ended: row.get::<Option<i64>>(7)?.map(Timestamp),
        deleted: row.get(8)?,
        metrics: Vec::new(),
        params: Vec::new(),
        tags: Vec::new(),
        datasets: Vec::new(),
        model_inputs: Vec::new(),
        model_outputs: Vec::new(),
    };
    Ok((row.get(0)?, run))
}

/// Where a run keeps its artifacts: MLflow's own layout below the experiment.
pub(crate) fn artifacts_of(experiment: &ArtifactLocation, run_id: &str) -> ArtifactLocation {
    experiment.below(&format!("{run_id}/artifacts"))
}

fn status(number: i64) -> Result<RunStatus, Error> {
    let found = RunStatus::ALL.into_iter().find(|&status| status as i64 == number);
    found.ok_or_else(|| Error::Corrupt(format!("a run's status is {number}")))
}

impl Read<'_> {
    /// What a change of a run needs to know of it, deleted or not.
    pub fn run_row(&mut self, run_id: &str) -> Result<Option<RunRow>, Error> {
        self.one(
            "SELECT id, experiment, started_ms, deleted FROM runs WHERE workspace = ?1 AND run_id = ?2",
            &params![self.workspace(), run_id],
            |row| {
                let (key, experiment, started) = (row.get(0)?, row.get(1)?, Timestamp(row.get(2)?));
                Ok(RunRow { key, experiment, started, deleted: row.get(3)? })
            },
        )
    }

    /// A run without what it logged, deleted or not.
    pub fn bare_run(&mut self, run_id: &str) -> Result<Option<Run>, Error> {
        Ok(self.keyed_run(run_id)?.map(|(_, run)| run))
    }

    /// A whole run, deleted or not.
    pub fn run(&mut self, run_id: &str) -> Result<Option<Run>, Error> {
        let mut found: Vec<(i64, Run)> = self.keyed_run(run_id)?.into_iter().collect();
        self.fill_runs(&mut found)?;
        Ok(found.pop().map(|(_, run)| run))
    }

    fn keyed_run(&mut self, run_id: &str) -> Result<Option<(i64, Run)>, Error> {
        self.one(RUN_BY_ID, &params![self.workspace(), run_id], run)
    }

    /// Loads what the runs logged, read and made. Each comes with its row's key, as [`run`] gives it. The number of
    /// statements depends on the page's length only in steps of [`crate::many::LENGTH_MAX`].
    pub(crate) fn fill_runs(&mut self, runs: &mut [(i64, Run)]) -> Result<(), Error> {
        let (keys, places) = (keys_of(runs), Places::of(runs));
        let mut lineage = Lineage::default();
        self.each_of_all(&[LATEST_METRICS, PARAMS, TAGS, DATASETS, MODELS], &keys, |question, row| {
            let key: i64 = row.get(0)?;
            let run = places.find(runs, key)?;
            match question {
                0 => run.metrics.push(latest_metric(row)?),
                1 => run.params.push(Param { key: row.get(1)?, value: row.get(2)? }),
                2 => run.tags.push(Tag { key: row.get(1)?, value: row.get(2)? }),
                3 => lineage.put_dataset(key, run, row)?,
                _ => run_lineage::put_model(run, row)?,
            }
            Ok(())
        })?;
        for (_, run) in runs.iter_mut() {
            sort(run);
        }
        self.fill_dataset_tags(&lineage, &keys, runs)
    }

    /// Where the artifacts of a new run of an experiment go, and whether the experiment is deleted.
    pub fn place_for_run(
        &mut self,
        experiment: i64,
        run_id: &str,
    ) -> Result<Option<(ArtifactLocation, bool)>, Error> {
        self.one(
            "SELECT e.store, s.root, e.location, e.deleted FROM experiments e LEFT JOIN stores s ON s.id = e.store
             WHERE e.workspace = ?1 AND e.id = ?2",
            &params![self.workspace(), experiment],
            |row| Ok((artifacts_of(&location(row, 0)?, run_id), row.get(3)?)),
        )
    }
}

const LATEST_METRICS: &str = "SELECT m.run, k.name, m.value, m.is_nan, m.time_ms, m.step
     FROM latest_metrics m JOIN keys k ON k.id = m.key WHERE m.run IN ({keys})";
const PARAMS: &str =
    "SELECT p.run, k.name, p.value FROM params p JOIN keys k ON k.id = p.key WHERE p.run IN ({keys})";
const TAGS: &str =
    "SELECT t.run, k.name, t.value FROM run_tags t JOIN keys k ON k.id = t.key WHERE t.run IN ({keys})";

/// By key, so that one run always looks the same; sorting here is cheaper than in the statement.
fn sort(run: &mut Run) {
    run.metrics.sort_unstable_by(|left, right| left.key.cmp(&right.key));
    run.params.sort_unstable_by(|left, right| left.key.cmp(&right.key));
    run.tags.sort_unstable_by(|left, right| left.key.cmp(&right.key));
}

impl Tx<'_> {
    /// Makes a run with its tags.
    pub fn insert_run(&mut self, run: &Run) -> Result<RunRow, Error> {
        let workspace = self.workspace();
        let key = self.one(
            "INSERT INTO runs (workspace, run_id, experiment, name, user_id, status, started_ms, deleted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) RETURNING id",
            &params![
                workspace,
                &run.run_id,
                run.experiment_id,
                &run.name,
                &run.user_id,
                run.status as i64,
                run.started.0
            ],
            |row| row.get(0),
        )?;
        let key = key.ok_or_else(|| Error::Corrupt("a run that was just made is gone".to_owned()))?;
        let row = RunRow { key, experiment: run.experiment_id, started: run.started, deleted: false };
        self.set_run_tags(row, &run.tags)?;
        Ok(row)
    }

    /// Changes what is said of a run.
    pub fn change_run(&mut self, run: RunRow, change: &RunChange) -> Result<(), Error> {
        let status = change.status.map(|status| status as i64);
        let ended = change.ended.map(|ended| ended.0);
        self.send(
            "UPDATE runs SET status = COALESCE(?2, status), ended_ms = COALESCE(?3, ended_ms), name = COALESCE(?4, name)
             WHERE id = ?1",
            &params![run.key, status, ended, change.name.as_deref()],
        )
    }

    /// Deletes a run, with the time, or restores it.
    pub fn set_run_deleted(&mut self, run: RunRow, deleted: Option<Timestamp>) -> Result<(), Error> {
        self.send(
            "UPDATE runs SET deleted = ?2, deleted_ms = ?3 WHERE id = ?1",
            &params![run.key, deleted.is_some(), deleted.map(|time| time.0)],
        )
    }
}
