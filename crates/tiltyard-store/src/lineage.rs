//! Statements about what runs read and made: data sets and logged models.
//! Showing it for whole pages of runs stands in `run_lineage`.

use tiltyard_domain::entity::{Dataset, DatasetSummary, ModelOutput, Tag};

use crate::engine::{Param, params};
use crate::{Error, Read, RunRow, Tx};

/// Which side of a run a logged model stands on.
const READ_BY: i64 = 0;
const MADE_BY: i64 = 1;

impl Read<'_> {
    /// Data sets that runs of these experiments read, each once for each context, at most `limit`.
    pub fn dataset_summaries(
        &mut self,
        experiments: &[i64],
        context_key: &str,
        limit: i64,
    ) -> Result<Vec<DatasetSummary>, Error> {
        let places: Vec<String> = (4..4 + experiments.len()).map(|place| format!("?{place}")).collect();
        let mut params = params![self.workspace(), context_key, limit].to_vec();
        params.extend(experiments.iter().copied().map(Param::Integer));
        let sql = format!(
            "SELECT DISTINCT d.experiment, d.name, d.digest, t.value
             FROM datasets d
             JOIN experiments e ON e.id = d.experiment
             JOIN run_datasets u ON u.dataset = d.id
             LEFT JOIN run_dataset_tags t ON t.run = u.run AND t.dataset = u.dataset AND t.key = ?2
             WHERE e.workspace = ?1 AND d.experiment IN ({})
             ORDER BY d.experiment, d.name, d.digest, t.value NULLS FIRST LIMIT ?3",
            places.join(", ")
        );
        self.all(&sql, &params, |row| {
            Ok(DatasetSummary {
                experiment_id: row.get(0)?,
                name: row.get(1)?,
                digest: row.get(2)?,
                context: row.get(3)?,
            })
        })
    }

    /// How many data sets a run has read; the next one takes that place.
    pub fn run_dataset_count(&mut self, run: RunRow) -> Result<i64, Error> {
        let count =
            self.one("SELECT COUNT(*) FROM run_datasets WHERE run = ?1", &params![run.key], |row| {
                row.get(0)
            })?;
        Ok(count.unwrap_or_default())
    }
}

impl Tx<'_> {
    /// The key of the data set with that name and digest in a run's experiment; made when there is none. What is said of one
    /// that is known already is not looked at.
    pub fn dataset(&mut self, run: RunRow, dataset: &Dataset) -> Result<i64, Error> {
        let known = self.one(
            "SELECT id FROM datasets WHERE experiment = ?1 AND name = ?2 AND digest = ?3",
            &params![run.experiment, &dataset.name, &dataset.digest],
            |row| row.get(0),
        )?;
        match known {
            Some(id) => Ok(id),
            None => self.insert_dataset(run.experiment, dataset),
        }
    }

    fn insert_dataset(&mut self, experiment: i64, dataset: &Dataset) -> Result<i64, Error> {
        let inserted = self.one(
            "INSERT INTO datasets (experiment, name, digest, source_type, source, schema, profile)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
            &params![
                experiment,
                &dataset.name,
                &dataset.digest,
                &dataset.source_type,
                &dataset.source,
                dataset.schema.as_deref(),
                dataset.profile.as_deref(),
            ],
            |row| row.get(0),
        )?;
        inserted.ok_or_else(|| Error::Corrupt("a data set that was just made is gone".to_owned()))
    }

    /// Says that a run read a data set. False when it was said before.
    pub fn insert_run_dataset(&mut self, run: RunRow, dataset: i64, place: i64) -> Result<bool, Error> {
        let inserted = self.execute(
            "INSERT INTO run_datasets (run, dataset, place) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            &params![run.key, dataset, place],
        )?;
        Ok(inserted > 0)
    }

    /// Adds a tag to a run's use of a data set. False when it has one of that key.
    pub fn insert_run_dataset_tag(&mut self, run: RunRow, dataset: i64, tag: &Tag) -> Result<bool, Error> {
        let inserted = self.execute(
            "INSERT INTO run_dataset_tags (run, dataset, key, value) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            &params![run.key, dataset, &tag.key, &tag.value],
        )?;
        Ok(inserted > 0)
    }

    /// Says that a run read a logged model; saying it again changes nothing.
    pub fn insert_run_model_input(&mut self, run: RunRow, model_id: &str) -> Result<(), Error> {
        self.insert_run_model(run, READ_BY, model_id, 0)?;
        Ok(())
    }

    /// Says that a run made a logged model. False when it was said before, at whatever step.
    pub fn insert_run_model_output(&mut self, run: RunRow, output: &ModelOutput) -> Result<bool, Error> {
        self.insert_run_model(run, MADE_BY, &output.model_id, output.step)
    }

    fn insert_run_model(&mut self, run: RunRow, side: i64, model_id: &str, step: i64) -> Result<bool, Error> {
        let inserted = self.execute(
            "INSERT INTO run_models (run, output, model_id, step) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            &params![run.key, side, model_id, step],
        )?;
        Ok(inserted > 0)
    }
}
