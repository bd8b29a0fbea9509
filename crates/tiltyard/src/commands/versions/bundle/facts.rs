//! What a server knows of a version, asked for in the words that it understands. What only Tiltyard can tell is left out where
//! another server answers, and that is noted.

use tiltyard_client::{Client, ClientError};
use tiltyard_registry::HISTORY_ENTRIES_MAX;
use tiltyard_wire::mlflow::metrics::{GetMetricHistoryBulkInterval, Metric, MetricWithRunId};
use tiltyard_wire::mlflow::models::{GetRegisteredModel, RegisteredModel};
use tiltyard_wire::mlflow::runs::{GetRun, Run};
use tiltyard_wire::mlflow::versions::{GetModelVersion, ModelVersion};
use tiltyard_wire::v1::pointers::{HistoryEntry, NamedModel};
use tiltyard_wire::v1::versions::{GetVersion, Version};

use crate::commands::failure::Failure;
use crate::limits::{BUNDLED_METRICS_MAX, BUNDLED_POINTS_MAX, BUNDLED_POINTS_OF_METRIC_MAX};

/// Everything about one version but its bytes.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) version: ModelVersion,
    /// The model, without what changes as other versions come and go.
    pub(super) model: RegisteredModel,
    /// What the version pins; only Tiltyard pins.
    pub(super) pinned: Option<Version>,
    /// When it held which stage or alias.
    pub(super) history: Vec<HistoryEntry>,
    pub(super) run: Option<Run>,
    /// Points of the run's metrics, metric by metric.
    pub(super) points: Vec<Metric>,
    /// What the bundle has to do without, and why.
    pub(super) left_out: Vec<String>,
}

impl Facts {
    /// Asks for everything, one thing after the other.
    pub(super) async fn of(client: &Client, version: &ModelVersion) -> Result<Self, Failure> {
        let (name, number) = (version.name.clone(), version.version.clone());
        // Some ways to find a version leave out its aliases; this one never does.
        let version =
            client.send(&GetModelVersion { name: name.clone(), version: number }).await?.model_version;
        let model = client.send(&GetRegisteredModel { name }).await?.registered_model;
        let model = RegisteredModel { latest_versions: Vec::new(), last_updated_timestamp: None, ..model };
        let mut facts = Self { version, model, ..Self::default() };
        facts.ask_what_is_pinned(client).await?;
        facts.ask_for_history(client).await?;
        facts.ask_for_run(client).await?;
        Ok(facts)
    }

    async fn ask_what_is_pinned(&mut self, client: &Client) -> Result<(), Failure> {
        let ModelVersion { name, version, .. } = &self.version;
        let mut call = GetVersion { name: name.clone(), version: version.clone(), page_token: None };
        let mut whole: Option<Version> = None;
        loop {
            let page = match client.send(&call).await {
                Err(error) if error.is_unknown_route() => {
                    self.left_out.push(
                        "whether the bytes are those that were registered: this server keeps no digests"
                            .to_owned(),
                    );
                    return Ok(());
                }
                page => page?,
            };
            call.page_token = page.next_page_token.clone().filter(|token| !token.is_empty());
            match &mut whole {
                Some(whole) => whole.manifest.extend(page.manifest),
                None => whole = Some(page),
            }
            if call.page_token.is_none() {
                self.pinned = whole;
                return Ok(());
            }
        }
    }

    async fn ask_for_history(&mut self, client: &Client) -> Result<(), Failure> {
        match client.send(&NamedModel { name: self.version.name.clone() }).await {
            Err(error) if error.is_unknown_route() => {
                self.left_out
                    .push("when it held which stage or alias: this server keeps no history".to_owned());
            }
            answer => {
                let entries = answer?.entries;
                if i64::try_from(entries.len()).is_ok_and(|count| count >= HISTORY_ENTRIES_MAX) {
                    self.left_out.push(format!(
                        "the older history of its stages and aliases: servers show the newest {HISTORY_ENTRIES_MAX} \
                         lines of a model"
                    ));
                }
                let is_ours = |entry: &HistoryEntry| entry.version.as_ref() == Some(&self.version.version);
                self.history = entries.into_iter().filter(is_ours).collect();
            }
        }
        Ok(())
    }

    async fn ask_for_run(&mut self, client: &Client) -> Result<(), Failure> {
        let Some(run_id) = self.version.run_id.clone().filter(|id| !id.is_empty()) else {
            self.left_out.push("the run: the version names none".to_owned());
            return Ok(());
        };
        match client.send(&GetRun { run_id: run_id.clone() }).await {
            Err(ClientError::Refused { status: 404, .. }) => {
                self.left_out.push(format!("the run: there is no run {run_id} any more"));
            }
            answer => {
                let run = answer?.run;
                self.ask_for_metrics(client, &run_id, &run).await?;
                self.run = Some(run);
            }
        }
        Ok(())
    }

    async fn ask_for_metrics(&mut self, client: &Client, run_id: &str, run: &Run) -> Result<(), Failure> {
        let keys: Vec<_> = run.data.iter().flat_map(|data| &data.metrics).map(|metric| &metric.key).collect();
        let (kept, points_max) = share(keys.len());
        if keys.len() > kept {
            self.left_out
                .push(format!("the histories of all but the first {kept} metrics: there are {}", keys.len()));
        }
        for key in keys.into_iter().take(kept) {
            let call = GetMetricHistoryBulkInterval {
                run_ids: vec![run_id.to_owned()],
                metric_key: key.clone(),
                max_results: Some(i64::try_from(points_max).unwrap_or(i64::MAX)),
                ..GetMetricHistoryBulkInterval::default()
            };
            let found = match client.send(&call).await {
                Err(error) if error.is_unknown_route() => {
                    self.left_out
                        .push("the histories of metrics: this server has no samples of them".to_owned());
                    return Ok(());
                }
                answer => answer?.metrics,
            };
            if found.len() >= points_max {
                self.left_out.push(format!("some points of the metric {key}: its history is a sample"));
            }
            let point = |point: MetricWithRunId| Metric {
                key: point.key,
                value: point.value,
                timestamp: point.timestamp,
                step: Some(point.step),
                ..Metric::default()
            };
            self.points.extend(found.into_iter().map(point));
        }
        Ok(())
    }
}

/// Of how many metrics the history is kept, and how many points of each: few metrics have long ones.
fn share(metrics: usize) -> (usize, usize) {
    let kept = metrics.min(BUNDLED_METRICS_MAX);
    (kept, (BUNDLED_POINTS_MAX / kept.max(1)).min(BUNDLED_POINTS_OF_METRIC_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histories_share_what_a_bundle_holds() {
        assert_eq!(share(0), (0, BUNDLED_POINTS_OF_METRIC_MAX));
        assert_eq!(share(3), (3, BUNDLED_POINTS_OF_METRIC_MAX));
        for metrics in [500, BUNDLED_METRICS_MAX, usize::MAX] {
            let (kept, points) = share(metrics);
            assert!(points >= 2 && kept * points <= BUNDLED_POINTS_MAX, "{metrics}");
        }
    }
}
