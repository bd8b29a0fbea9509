//! Statements that write points of metrics, and keep the latest point of each metric right.
//! Reading histories stands in `history`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::Metric;
use tiltyard_domain::metrics::{KeptValue, is_later};

use crate::engine::{Param, Row};
use crate::{Error, RunRow, Tx};

/// Reads a point from the columns run, key, value, `is_nan`, time, step.
pub(crate) fn latest_metric(row: &dyn Row) -> Result<Metric, Error> {
    Ok(Metric {
        key: row.get(1)?,
        value: KeptValue { number: row.get(2)?, is_nan: row.get(3)? }.shown(),
        timestamp: Timestamp(row.get(4)?),
        step: row.get(5)?,
        dataset_name: None,
        dataset_digest: None,
        model_id: None,
        run_id: None,
    })
}

/// The latest point of each key, of points in the order of their keys.
fn latest_of<'a>(points: &[(i64, &'a Metric)]) -> Vec<(i64, &'a Metric)> {
    let mut latest: Vec<(i64, &Metric)> = Vec::with_capacity(points.len());
    for &(key, metric) in points {
        match latest.last_mut() {
            Some((last, standing)) if *last == key => {
                if is_later(metric, standing) {
                    *standing = metric;
                }
            }
            _ => latest.push((key, metric)),
        }
    }
    latest
}

/// Points of one run, a list for each column.
struct Columns {
    runs: Vec<i64>,
    keys: Vec<i64>,
    steps: Vec<i64>,
    times: Vec<i64>,
    values: Vec<f64>,
    nans: Vec<i64>,
}

impl Columns {
    fn of(run: RunRow, points: &[(i64, &Metric)]) -> Self {
        let kept: Vec<KeptValue> = points.iter().map(|(_, metric)| KeptValue::of(metric.value)).collect();
        Self {
            runs: vec![run.key; points.len()],
            keys: points.iter().map(|(key, _)| *key).collect(),
            steps: points.iter().map(|(_, metric)| metric.step).collect(),
            times: points.iter().map(|(_, metric)| metric.timestamp.0).collect(),
            values: kept.iter().map(|value| value.number).collect(),
            nans: kept.iter().map(|value| i64::from(value.is_nan)).collect(),
        }
    }
}

impl Tx<'_> {
    /// Logs points of metrics. One that is there already counts once.
    pub fn log_metrics(&mut self, run: RunRow, metrics: &[Metric]) -> Result<(), Error> {
        let keys = self.keys_made(metrics.iter().map(|metric| metric.key.as_str()))?;
        let mut points = Vec::with_capacity(metrics.len());
        for metric in metrics {
            points.push((keys.number(&metric.key)?, metric));
        }
        // In one order for all: batches that meet then wait for each other in one direction.
        points.sort_by_key(|(key, metric)| (*key, metric.step, metric.timestamp));
        self.insert_points(run, &points)?;
        self.raise_latest(run, &latest_of(&points))
    }

    fn insert_points(&mut self, run: RunRow, points: &[(i64, &Metric)]) -> Result<(), Error> {
        let Columns { runs, keys, steps, times, values, nans } = Columns::of(run, points);
        self.send_rows(
            "INSERT INTO metrics (run, key, step, time_ms, value, is_nan) {rows} ON CONFLICT DO NOTHING",
            &[
                Param::Integers(&runs),
                Param::Integers(&keys),
                Param::Integers(&steps),
                Param::Integers(&times),
                Param::Reals(&values),
                Param::Integers(&nans),
            ],
        )
    }

    /// Makes points, one of each key, the latest unless those that stand are later: `metrics::is_later` in the domain's
    /// words.
    fn raise_latest(&mut self, run: RunRow, points: &[(i64, &Metric)]) -> Result<(), Error> {
        let Columns { runs, keys, steps, times, values, nans } = Columns::of(run, points);
        let same = |value: i64| vec![value; points.len()];
        self.send_rows(
            "INSERT INTO latest_metrics (run, key, experiment, started_ms, step, time_ms, value, is_nan) {rows}
             ON CONFLICT (run, key) DO UPDATE SET step = excluded.step, time_ms = excluded.time_ms,
                 value = excluded.value, is_nan = excluded.is_nan
             WHERE (excluded.step, excluded.time_ms, excluded.value)
                 > (latest_metrics.step, latest_metrics.time_ms, latest_metrics.value)",
            &[
                Param::Integers(&runs),
                Param::Integers(&keys),
                Param::Integers(&same(run.experiment)),
                Param::Integers(&same(run.started.0)),
                Param::Integers(&steps),
                Param::Integers(&times),
                Param::Reals(&values),
                Param::Integers(&nans),
            ],
        )
    }

    /// Logs those of the points that name a logged model about that model too. Gives the first name that no model has; then
    /// nothing is logged.
    pub fn log_model_metrics<'a>(
        &mut self,
        run: RunRow,
        metrics: &'a [Metric],
    ) -> Result<Option<&'a str>, Error> {
        let named: Vec<(&str, &Metric)> =
            metrics.iter().filter_map(|metric| Some((metric.model_id.as_deref()?, metric))).collect();
        if named.is_empty() {
            return Ok(None);
        }
        let models = self.logged_model_keys(named.iter().map(|(model, _)| *model).collect())?;
        if let Some((model, _)) = named.iter().find(|(model, _)| !models.contains_key(*model)) {
            return Ok(Some(model));
        }
        let keys = self.keys_made(named.iter().map(|(_, metric)| metric.key.as_str()))?;
        let mut points: BTreeMap<Moment<'_>, KeptValue> = BTreeMap::new();
        for (model, metric) in named {
            let value = KeptValue::of(metric.value);
            let moment = Moment {
                model: models.get(model).copied().unwrap_or_default(),
                key: keys.number(&metric.key)?,
                dataset: metric.dataset_name.as_deref().unwrap_or_default(),
                digest: metric.dataset_digest.as_deref().unwrap_or_default(),
                step: metric.step,
                time: metric.timestamp.0,
            };
            let standing = points.entry(moment).or_insert(value);
            if value.number > standing.number {
                *standing = value;
            }
        }
        self.send_model_points(run, &points)?;
        Ok(None)
    }

    /// The keys of those logged models that are there, by their ids.
    fn logged_model_keys(&mut self, ids: BTreeSet<&str>) -> Result<HashMap<String, i64>, Error> {
        let ids: Vec<&str> = ids.into_iter().collect();
        let workspaces = vec![self.workspace(); ids.len()];
        let mut keys = HashMap::with_capacity(ids.len());
        self.each_of_rows(
            "WITH n (workspace, model_id) AS ({rows})
             SELECT l.model_id, l.id FROM n
             JOIN logged_models l ON l.workspace = n.workspace AND l.model_id = n.model_id",
            &[Param::Integers(&workspaces), Param::Texts(&ids)],
            |row| {
                keys.insert(row.get(0)?, row.get(1)?);
                Ok(())
            },
        )?;
        Ok(keys)
    }

    /// A second value at the same moment is decided as for runs: the greater one stands.
    fn send_model_points(
        &mut self,
        run: RunRow,
        points: &BTreeMap<Moment<'_>, KeptValue>,
    ) -> Result<(), Error> {
        let integers = |of: fn(&Moment<'_>) -> i64| points.keys().map(of).collect::<Vec<_>>();
        let values: Vec<f64> = points.values().map(|value| value.number).collect();
        let nans: Vec<i64> = points.values().map(|value| i64::from(value.is_nan)).collect();
        let datasets: Vec<&str> = points.keys().map(|moment| moment.dataset).collect();
        let digests: Vec<&str> = points.keys().map(|moment| moment.digest).collect();
        self.send_rows(
            "INSERT INTO logged_model_metrics
                 (model, key, run, dataset_name, dataset_digest, step, time_ms, value, is_nan) {rows}
             ON CONFLICT (model, key, run, step, time_ms, dataset_name, dataset_digest)
             DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan
             WHERE excluded.value > logged_model_metrics.value",
            &[
                Param::Integers(&integers(|moment| moment.model)),
                Param::Integers(&integers(|moment| moment.key)),
                Param::Integers(&vec![run.key; points.len()]),
                Param::Texts(&datasets),
                Param::Texts(&digests),
                Param::Integers(&integers(|moment| moment.step)),
                Param::Integers(&integers(|moment| moment.time)),
                Param::Reals(&values),
                Param::Integers(&nans),
            ],
        )
    }
}

/// What a logged model has one value for. In one order for all, as with metrics of runs.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Moment<'a> {
    model: i64,
    key: i64,
    dataset: &'a str,
    digest: &'a str,
    step: i64,
    time: i64,
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tiltyard_domain::access::{self, Action};
    use tiltyard_domain::{Identity, Permit, WorkspaceId};

    use super::*;
    use crate::{Read, Store};

    fn permit() -> Permit {
        access::decide(Identity::local(), Action::WriteRuns, WorkspaceId::DEFAULT).unwrap()
    }

    fn about_model(value: f64, dataset: Option<&str>) -> Metric {
        Metric {
            key: "acc".to_owned(),
            value,
            timestamp: Timestamp(7),
            step: 1,
            dataset_name: dataset.map(str::to_owned),
            dataset_digest: dataset.map(str::to_owned),
            model_id: Some("m-1".to_owned()),
            run_id: None,
        }
    }

    fn log_all(tx: &mut Tx<'_>) -> Result<(), Error> {
        tx.execute(
            "INSERT INTO experiments (id, workspace, name, location, deleted, created_ms, updated_ms)
             VALUES (1, 1, 'e', '', 0, 0, 0)",
            &[],
        )?;
        tx.execute(
            "INSERT INTO logged_models
                 (workspace, model_id, experiment, name, status, created_ms, updated_ms, deleted)
             VALUES (1, 'm-1', 1, 'm', 1, 0, 0, 0)",
            &[],
        )?;
        let run = RunRow { key: 1, experiment: 1, started: Timestamp(0), deleted: false };
        assert!(tx.log_model_metrics(run, &[about_model(0.5, None)])?.is_none());
        let points = [about_model(0.7, None), about_model(0.6, None), about_model(0.1, Some("d"))];
        assert!(tx.log_model_metrics(run, &points)?.is_none());
        assert!(tx.log_model_metrics(run, &[about_model(0.2, None)])?.is_none());
        Ok(())
    }

    fn kept(read: &mut Read<'_>) -> Result<Vec<(String, f64)>, Error> {
        read.all("SELECT dataset_name, value FROM logged_model_metrics ORDER BY dataset_name", &[], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    #[tokio::test]
    async fn of_values_about_a_model_at_one_moment_the_greatest_stands() {
        let folder = TempDir::new().unwrap();
        let store = Store::open_sqlite(&folder.path().join("tiltyard.db")).unwrap();
        store.write(&permit(), log_all).await.unwrap();
        let kept = store.read(&permit(), kept).await.unwrap();
        assert_eq!(kept, [(String::new(), 0.7), ("d".to_owned(), 0.1)]);
    }
}
