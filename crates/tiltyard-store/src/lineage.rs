//! Statements about what runs read and made: data sets and logged models.
//! Showing it for whole pages of runs stands in `run_lineage`.

use std::collections::{BTreeMap, HashMap, HashSet};

use tiltyard_domain::entity::{Dataset, DatasetInput, DatasetSummary, ModelOutput, Tag};

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
}

impl Tx<'_> {
    /// Says which data sets a run read, and what for. What it said before stays as it was said then. Gives the first tag that
    /// is given twice; then nothing is said.
    pub fn log_datasets<'a>(
        &mut self,
        run: RunRow,
        inputs: &'a [DatasetInput],
    ) -> Result<Option<(&'a DatasetInput, &'a Tag)>, Error> {
        if inputs.is_empty() {
            return Ok(None);
        }
        let datasets: Vec<&Dataset> = inputs.iter().map(|input| &input.dataset).collect();
        let keys = self.datasets(run, &datasets)?;
        let mut known: HashSet<i64> = self
            .all("SELECT dataset FROM run_datasets WHERE run = ?1", &params![run.key], |row| row.get(0))?
            .into_iter()
            .collect();
        let mut new = Vec::new();
        for (dataset, input) in keys.into_iter().zip(inputs) {
            let place = i64::try_from(known.len()).unwrap_or(i64::MAX);
            if known.insert(dataset) {
                new.push((dataset, place, input));
            }
        }
        let mut tags = Vec::new();
        for (dataset, _, input) in &new {
            let mut seen = HashSet::new();
            for tag in &input.tags {
                if !seen.insert(&tag.key) {
                    return Ok(Some((input, tag)));
                }
                tags.push((*dataset, tag));
            }
        }
        let (datasets, places): (Vec<i64>, Vec<i64>) =
            new.iter().map(|(dataset, place, _)| (*dataset, *place)).unzip();
        self.insert_run_datasets(run, &datasets, &places)?;
        self.insert_run_dataset_tags(run, &tags)?;
        Ok(None)
    }

    /// The keys of data sets with those names and digests in a run's experiment; those that are not there are made. What is said
    /// of one that is known already is not looked at.
    pub fn datasets(&mut self, run: RunRow, datasets: &[&Dataset]) -> Result<Vec<i64>, Error> {
        let mut wanted = BTreeMap::new();
        for dataset in datasets {
            // Of several that are called the same, the first counts.
            wanted.entry(called(dataset)).or_insert(*dataset);
        }
        let mut found = self.find_datasets(run.experiment, &wanted)?;
        let missing: BTreeMap<_, _> =
            wanted.into_iter().filter(|(name, _)| !found.contains_key(name)).collect();
        if !missing.is_empty() {
            self.insert_datasets(run.experiment, &missing)?;
            found.extend(self.find_datasets(run.experiment, &missing)?);
        }
        let gone = || Error::Corrupt("a data set that was just made is gone".to_owned());
        datasets.iter().map(|dataset| found.get(&called(dataset)).copied().ok_or_else(gone)).collect()
    }

    fn find_datasets<'a>(
        &mut self,
        experiment: i64,
        wanted: &BTreeMap<Called<'a>, &'a Dataset>,
    ) -> Result<HashMap<Called<'a>, i64>, Error> {
        let called: Vec<Called<'a>> = wanted.keys().copied().collect();
        let (names, digests): (Vec<&str>, Vec<&str>) = called.iter().copied().unzip();
        let experiments = vec![experiment; called.len()];
        let places: Vec<i64> = (0..).take(called.len()).collect();
        let mut found = HashMap::with_capacity(called.len());
        self.each_of_rows(
            "WITH n (place, experiment, name, digest) AS ({rows})
             SELECT n.place, d.id FROM n
             JOIN datasets d ON d.experiment = n.experiment AND d.name = n.name AND d.digest = n.digest",
            &[
                Param::Integers(&places),
                Param::Integers(&experiments),
                Param::Texts(&names),
                Param::Texts(&digests),
            ],
            |row| {
                let place = usize::try_from(row.get::<i64>(0)?).ok().and_then(|place| called.get(place));
                if let Some(called) = place {
                    found.insert(*called, row.get(1)?);
                }
                Ok(())
            },
        )?;
        Ok(found)
    }

    fn insert_datasets(
        &mut self,
        experiment: i64,
        datasets: &BTreeMap<Called<'_>, &Dataset>,
    ) -> Result<(), Error> {
        let texts = |text: fn(&Dataset) -> &str| datasets.values().map(|set| text(set)).collect::<Vec<_>>();
        let texts_or_none =
            |text: fn(&Dataset) -> Option<&str>| datasets.values().map(|set| text(set)).collect::<Vec<_>>();
        self.send_rows(
            "INSERT INTO datasets (experiment, name, digest, source_type, source, schema, profile) {rows}
             ON CONFLICT DO NOTHING",
            &[
                Param::Integers(&vec![experiment; datasets.len()]),
                Param::Texts(&texts(|set| &set.name)),
                Param::Texts(&texts(|set| &set.digest)),
                Param::Texts(&texts(|set| &set.source_type)),
                Param::Texts(&texts(|set| &set.source)),
                Param::TextsOrNone(&texts_or_none(|set| set.schema.as_deref())),
                Param::TextsOrNone(&texts_or_none(|set| set.profile.as_deref())),
            ],
        )
    }

    fn insert_run_datasets(&mut self, run: RunRow, datasets: &[i64], places: &[i64]) -> Result<(), Error> {
        let runs = vec![run.key; datasets.len()];
        self.send_rows(
            "INSERT INTO run_datasets (run, dataset, place) {rows}",
            &[Param::Integers(&runs), Param::Integers(datasets), Param::Integers(places)],
        )
    }

    fn insert_run_dataset_tags(&mut self, run: RunRow, tags: &[(i64, &Tag)]) -> Result<(), Error> {
        let datasets: Vec<i64> = tags.iter().map(|(dataset, _)| *dataset).collect();
        let keys: Vec<&str> = tags.iter().map(|(_, tag)| tag.key.as_str()).collect();
        let values: Vec<&str> = tags.iter().map(|(_, tag)| tag.value.as_str()).collect();
        self.send_rows(
            "INSERT INTO run_dataset_tags (run, dataset, key, value) {rows}",
            &[
                Param::Integers(&vec![run.key; tags.len()]),
                Param::Integers(&datasets),
                Param::Texts(&keys),
                Param::Texts(&values),
            ],
        )
    }

    /// Says that a run read logged models; saying it again changes nothing.
    pub fn insert_run_model_inputs(&mut self, run: RunRow, models: &[&str]) -> Result<(), Error> {
        self.insert_run_models(run, READ_BY, models, &vec![0; models.len()])
    }

    /// Says that a run made logged models. Gives the first of which it was said before, at whatever step; then nothing is said.
    pub fn insert_run_model_outputs<'a>(
        &mut self,
        run: RunRow,
        outputs: &'a [ModelOutput],
    ) -> Result<Option<&'a ModelOutput>, Error> {
        let standing: Vec<String> = self.all(
            "SELECT model_id FROM run_models WHERE run = ?1 AND output = ?2",
            &params![run.key, MADE_BY],
            |row| row.get(0),
        )?;
        let mut seen: HashSet<&str> = standing.iter().map(String::as_str).collect();
        if let Some(repeated) = outputs.iter().find(|output| !seen.insert(&output.model_id)) {
            return Ok(Some(repeated));
        }
        let models: Vec<&str> = outputs.iter().map(|output| output.model_id.as_str()).collect();
        let steps: Vec<i64> = outputs.iter().map(|output| output.step).collect();
        self.insert_run_models(run, MADE_BY, &models, &steps)?;
        Ok(None)
    }

    fn insert_run_models(
        &mut self,
        run: RunRow,
        side: i64,
        models: &[&str],
        steps: &[i64],
    ) -> Result<(), Error> {
        self.send_rows(
            "INSERT INTO run_models (run, output, model_id, step) {rows} ON CONFLICT DO NOTHING",
            &[
                Param::Integers(&vec![run.key; models.len()]),
                Param::Integers(&vec![side; models.len()]),
                Param::Texts(models),
                Param::Integers(steps),
            ],
        )
    }
}

/// What tells a data set from others of its experiment: name and digest.
type Called<'a> = (&'a str, &'a str);

fn called(dataset: &Dataset) -> Called<'_> {
    (&dataset.name, &dataset.digest)
}
