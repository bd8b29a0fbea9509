//! What runs read and made, for a whole page of them at once.

use std::collections::HashMap;

use tiltyard_domain::entity::{Dataset, DatasetInput, ModelInput, ModelOutput, Run, Tag};

use crate::engine::Row;
use crate::groups::{Places, keys_of};
use crate::{Error, Read};

const DATASETS: &str =
    "SELECT u.run, u.dataset, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
     FROM run_datasets u JOIN datasets d ON d.id = u.dataset
     WHERE u.run IN ({keys}) ORDER BY u.run, u.place";
const DATASET_TAGS: &str = "SELECT t.run, t.dataset, t.key, t.value FROM run_dataset_tags t
     WHERE t.run IN ({keys}) ORDER BY t.run, t.dataset, t.key";
const MODELS: &str = "SELECT m.run, m.output, m.model_id, m.step FROM run_models m
     WHERE m.run IN ({keys}) ORDER BY m.run, m.output, m.model_id";

/// Where each use of a data set went: (run, data set) to its place among those of the run.
type Uses = HashMap<(i64, i64), usize>;

impl Read<'_> {
    /// Fills in the data sets and logged models of runs, which come with the keys of their rows: two statements a page,
    /// and a third for tags where there are data sets.
    pub(crate) fn fill_run_lineage(&mut self, runs: &mut [(i64, Run)]) -> Result<(), Error> {
        let (keys, places) = (keys_of(runs), Places::of(runs));
        let uses = self.fill_datasets(&keys, &places, runs)?;
        if !uses.is_empty() {
            self.each_of(DATASET_TAGS, &keys, |row| {
                let (key, dataset) = (row.get(0)?, row.get(1)?);
                let run = places.find(runs, key)?;
                let input = uses.get(&(key, dataset)).and_then(|&place| run.datasets.get_mut(place));
                let input = input.ok_or_else(|| stray_tag(key, dataset))?;
                input.tags.push(Tag { key: row.get(2)?, value: row.get(3)? });
                Ok(())
            })?;
        }
        self.each_of(MODELS, &keys, |row| put_model(places.find(runs, row.get(0)?)?, row))
    }

    fn fill_datasets(
        &mut self,
        keys: &[i64],
        places: &Places,
        runs: &mut [(i64, Run)],
    ) -> Result<Uses, Error> {
        let mut uses = Uses::new();
        self.each_of(DATASETS, keys, |row| {
            let (key, dataset) = (row.get(0)?, row.get(1)?);
            let run = places.find(runs, key)?;
            uses.insert((key, dataset), run.datasets.len());
            run.datasets.push(DatasetInput { dataset: read_dataset(row)?, tags: Vec::new() });
            Ok(())
        })?;
        Ok(uses)
    }
}

fn read_dataset(row: &dyn Row) -> Result<Dataset, Error> {
    Ok(Dataset {
        name: row.get(2)?,
        digest: row.get(3)?,
        source_type: row.get(4)?,
        source: row.get(5)?,
        schema: row.get(6)?,
        profile: row.get(7)?,
    })
}

fn put_model(run: &mut Run, row: &dyn Row) -> Result<(), Error> {
    let model_id = row.get(2)?;
    if row.get(1)? {
        run.model_outputs.push(ModelOutput { model_id, step: row.get(3)? });
    } else {
        run.model_inputs.push(ModelInput { model_id });
    }
    Ok(())
}

fn stray_tag(run: i64, dataset: i64) -> Error {
    Error::Corrupt(format!("run {run} has a tag on the data set {dataset}, which it did not read"))
}
