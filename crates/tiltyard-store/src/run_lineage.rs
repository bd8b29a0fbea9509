//! What runs read and made, for a whole page of them at once.

use std::collections::HashMap;

use tiltyard_domain::entity::{Dataset, DatasetInput, ModelInput, ModelOutput, Run, Tag};

use crate::engine::Row;
use crate::groups::Places;
use crate::{Error, Read};

/// The data sets that runs read.
pub(crate) const DATASETS: &str =
    "SELECT u.run, u.dataset, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
     FROM run_datasets u JOIN datasets d ON d.id = u.dataset
     WHERE u.run IN ({keys}) ORDER BY u.run, u.place";
const DATASET_TAGS: &str = "SELECT t.run, t.dataset, t.key, t.value FROM run_dataset_tags t
     WHERE t.run IN ({keys}) ORDER BY t.run, t.dataset, t.key";
/// The logged models that runs read and made.
pub(crate) const MODELS: &str = "SELECT m.run, m.output, m.model_id, m.step FROM run_models m
     WHERE m.run IN ({keys}) ORDER BY m.run, m.output, m.model_id";

/// Where each use of a data set went: (run, data set) to its place among those of the run.
#[derive(Default)]
pub(crate) struct Lineage(HashMap<(i64, i64), usize>);

impl Lineage {
    /// Puts a row of [`DATASETS`] where it belongs.
    pub(crate) fn put_dataset(&mut self, key: i64, run: &mut Run, row: &dyn Row) -> Result<(), Error> {
        self.0.insert((key, row.get(1)?), run.datasets.len());
        run.datasets.push(DatasetInput { dataset: read_dataset(row)?, tags: Vec::new() });
        Ok(())
    }
}

impl Read<'_> {
    /// Fills in the tags of the data sets, where there are any.
    pub(crate) fn fill_dataset_tags(
        &mut self,
        lineage: &Lineage,
        keys: &[i64],
        runs: &mut [(i64, Run)],
    ) -> Result<(), Error> {
        if lineage.0.is_empty() {
            return Ok(());
        }
        let places = Places::of(runs);
        self.each_of(DATASET_TAGS, keys, |row| {
            let (key, dataset) = (row.get(0)?, row.get(1)?);
            let run = places.find(runs, key)?;
            let input = lineage.0.get(&(key, dataset)).and_then(|&place| run.datasets.get_mut(place));
            let input = input.ok_or_else(|| stray_tag(key, dataset))?;
            input.tags.push(Tag { key: row.get(2)?, value: row.get(3)? });
            Ok(())
        })
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

/// Puts a row of [`MODELS`] where it belongs.
pub(crate) fn put_model(run: &mut Run, row: &dyn Row) -> Result<(), Error> {
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
