//! What hangs below logged models, for a whole page of them at once.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{LoggedModel, Metric, Param, Tag};
use tiltyard_domain::metrics::KeptValue;

use crate::engine::Row;
use crate::groups::{Places, keys_of};
use crate::{Error, Read};

const TAGS: &str = "SELECT t.model, k.name, t.value FROM logged_model_tags t JOIN keys k ON k.id = t.key
     WHERE t.model IN ({keys}) ORDER BY t.model, k.name";
const PARAMS: &str = "SELECT p.model, k.name, p.value FROM logged_model_params p JOIN keys k ON k.id = p.key
     WHERE p.model IN ({keys}) ORDER BY p.model, k.name";
const METRICS: &str =
    "SELECT m.model, k.name, m.value, m.is_nan, m.time_ms, m.step, m.dataset_name, m.dataset_digest, r.run_id
     FROM logged_model_metrics m JOIN keys k ON k.id = m.key JOIN runs r ON r.id = m.run
     WHERE m.model IN ({keys}) ORDER BY m.model, m.time_ms, m.step, k.name, r.id";

impl Read<'_> {
    /// Fills in tags, params and metrics of logged models, which come with the keys of their rows: three statements a page.
    pub fn fill_logged_models(&mut self, models: &mut [(i64, LoggedModel)]) -> Result<(), Error> {
        let (keys, places) = (keys_of(models), Places::of(models));
        self.each_of_all(&[TAGS, PARAMS, METRICS], &keys, |question, row| {
            let model = places.find(models, row.get(0)?)?;
            match question {
                0 => put_tag(model, row),
                1 => put_param(model, row),
                _ => put_metric(model, row),
            }
        })
    }
}

fn put_tag(model: &mut LoggedModel, row: &dyn Row) -> Result<(), Error> {
    model.tags.push(Tag { key: row.get(1)?, value: row.get(2)? });
    Ok(())
}

fn put_param(model: &mut LoggedModel, row: &dyn Row) -> Result<(), Error> {
    model.params.push(Param { key: row.get(1)?, value: row.get(2)? });
    Ok(())
}

fn put_metric(model: &mut LoggedModel, row: &dyn Row) -> Result<(), Error> {
    let value = KeptValue { number: row.get(2)?, is_nan: row.get(3)? }.shown();
    // A metric has both a name and a digest of its data set, or neither; '' stands for neither.
    let given = |text: String| (!text.is_empty()).then_some(text);
    model.metrics.push(Metric {
        key: row.get(1)?,
        value,
        timestamp: Timestamp(row.get(4)?),
        step: row.get(5)?,
        dataset_name: given(row.get(6)?),
        dataset_digest: given(row.get(7)?),
        model_id: Some(model.model_id.clone()),
        run_id: Some(row.get(8)?),
    });
    Ok(())
}
