//! `tiltyard runs`: the runs of a server.
//! Logging to runs is done by training code with a client of MLflow, not from here.

use clap::{Args, Subcommand};
use tiltyard_wire::mlflow::Empty;
use tiltyard_wire::mlflow::experiments::{GetExperimentByName, SearchExperiments, ViewType};
use tiltyard_wire::mlflow::metrics::Metric;
use tiltyard_wire::mlflow::runs::{DeleteRun, GetRun, RestoreRun, Run, SearchRuns};

use super::connection::{Connection, Session};
use super::failure::Failure;
use super::pages;
use super::prompt::{Consent, NeverAsks};
use super::render::{duration, paragraphs, section, sheet, table, text, time};
use crate::limits::EXPERIMENTS_MAX;

/// How many metrics of a run fit into a line.
const METRICS_SHOWN: usize = 3;

/// List, show, delete and restore runs.
#[derive(Debug, Args)]
pub(super) struct Runs {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List runs, newest first
    List(List),
    /// Show a run
    Show {
        /// The run, by its id
        run_id: String,
    },
    /// Delete runs; they can be restored
    Delete {
        /// The runs, by their ids
        #[arg(required = true)]
        run_ids: Vec<String>,
        #[command(flatten)]
        consent: Consent,
    },
    /// Restore deleted runs
    Restore {
        /// The runs, by their ids
        #[arg(required = true)]
        run_ids: Vec<String>,
        #[command(flatten)]
        _never_asks: NeverAsks,
    },
}

#[derive(Debug, Args)]
struct List {
    /// An experiment; may be given several times, all when none is named
    #[arg(long = "experiment", value_name = "NAME|ID")]
    experiments: Vec<String>,
    /// A filter, as in "metrics.accuracy > 0.9 AND params.depth = '3'"
    #[arg(long)]
    filter: Option<String>,
    /// How to sort, as in "metrics.accuracy DESC"
    #[arg(long, value_name = "CLAUSE")]
    order_by: Vec<String>,
    /// List deleted runs instead
    #[arg(long)]
    deleted: bool,
    /// How many to list at most
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
}

impl Runs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        match self.action {
            Action::List(command) => list(&session, command).await,
            Action::Show { run_id } => {
                let run = session.client.send(&GetRun { run_id }).await?.run;
                session.output.show(&run, run_sheet)
            }
            Action::Delete { run_ids, consent } => {
                consent.ask(&format!("Delete {}?", run_ids.join(", ")))?;
                for run_id in &run_ids {
                    session.client.send(&DeleteRun { run_id: run_id.clone() }).await?;
                }
                session.output.show(&Empty {}, |_| format!("Deleted {}.", run_ids.join(", ")))
            }
            Action::Restore { run_ids, .. } => {
                for run_id in &run_ids {
                    session.client.send(&RestoreRun { run_id: run_id.clone() }).await?;
                }
                session.output.show(&Empty {}, |_| format!("Restored {}.", run_ids.join(", ")))
            }
        }
    }
}

async fn list(session: &Session, command: List) -> Result<(), Failure> {
    let search = SearchRuns {
        experiment_ids: experiment_ids(session, command.experiments).await?,
        filter: command.filter,
        order_by: command.order_by,
        run_view_type: Some(if command.deleted { ViewType::DeletedOnly } else { ViewType::ActiveOnly }),
        ..SearchRuns::default()
    };
    let found = pages::up_to(command.limit, async |size, page_token| {
        let call = SearchRuns { max_results: Some(size), page_token, ..search.clone() };
        let page = session.client.send(&call).await?;
        Ok((page.runs, page.next_page_token))
    })
    .await?;
    found.show(session.output, runs_table)
}

/// The ids of the experiments named, or of all of them. Plain digits are an id.
async fn experiment_ids(session: &Session, named: Vec<String>) -> Result<Vec<String>, Failure> {
    if named.is_empty() {
        return all_experiments(session).await;
    }
    let mut ids = Vec::new();
    for name in named {
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            ids.push(name);
        } else {
            let call = GetExperimentByName { experiment_name: name };
            ids.push(session.client.send(&call).await?.experiment.experiment_id);
        }
    }
    Ok(ids)
}

async fn all_experiments(session: &Session) -> Result<Vec<String>, Failure> {
    let found = pages::up_to(EXPERIMENTS_MAX, async |size, page_token| {
        let call = SearchExperiments { max_results: Some(size), page_token, ..SearchExperiments::default() };
        let page = session.client.send(&call).await?;
        Ok((page.experiments, page.next_page_token))
    })
    .await?;
    if found.more {
        session.output.remark(&format!(
            "There are more than {EXPERIMENTS_MAX} experiments; the newest of them were searched. Name others with --experiment."
        ));
    }
    Ok(found.items.into_iter().map(|experiment| experiment.experiment_id).collect())
}

fn runs_table(runs: &[Run]) -> String {
    let headings = ["run", "name", "status", "started", "took", "metrics"];
    table(
        &headings,
        runs.iter().map(|run| {
            [
                run.info.run_id.clone(),
                text(run.info.run_name.as_ref()),
                status(run),
                time(run.info.start_time),
                duration(run.info.start_time, run.info.end_time),
                run.data.as_ref().map_or_else(String::new, |data| first_metrics(&data.metrics)),
            ]
        }),
    )
}

fn run_sheet(run: &Run) -> String {
    let sheet = sheet([
        ("run", run.info.run_id.clone()),
        ("name", text(run.info.run_name.as_ref())),
        ("experiment", run.info.experiment_id.clone()),
        ("status", status(run)),
        ("lifecycle", text(run.info.lifecycle_stage.as_ref())),
        ("user", text(run.info.user_id.as_ref())),
        ("started", time(run.info.start_time)),
        ("took", duration(run.info.start_time, run.info.end_time)),
        ("artifacts", text(run.info.artifact_uri.as_ref())),
    ]);
    let data = run.data.clone().unwrap_or_default();
    let metrics = data.metrics.iter().map(|metric| vec![metric.key.clone(), metric.value.to_string()]);
    let params = data.params.iter().map(|param| vec![param.key.clone(), param.value.clone()]);
    let tags = data.tags.iter().map(|tag| vec![tag.key.clone(), tag.value.clone()]);
    paragraphs([
        sheet,
        section("Metrics", &["key", "latest"], metrics.collect()),
        section("Parameters", &["key", "value"], params.collect()),
        section("Tags", &["key", "value"], tags.collect()),
    ])
}

fn status(run: &Run) -> String {
    run.info.status.map_or_else(String::new, |status| status.name().to_owned())
}

fn first_metrics(metrics: &[Metric]) -> String {
    let shown = metrics.iter().take(METRICS_SHOWN).map(|metric| format!("{}={}", metric.key, metric.value));
    let mut shown: Vec<_> = shown.collect();
    if metrics.len() > METRICS_SHOWN {
        shown.push(format!("+{}", metrics.len() - METRICS_SHOWN));
    }
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use tiltyard_wire::mlflow::runs::{RunData, RunInfo, RunStatus};

    use super::*;

    fn run() -> Run {
        let metric = |key: &str, value| Metric { key: key.into(), value, ..Metric::default() };
        let metrics = vec![metric("acc", 0.93), metric("loss", 0.1), metric("auc", 0.9), metric("f1", 0.8)];
        Run {
            info: RunInfo {
                run_id: "r1".into(),
                run_name: Some("calm-owl".into()),
                status: Some(RunStatus::Finished),
                start_time: Some(1_795_219_382_474),
                end_time: Some(1_795_219_447_474),
                ..RunInfo::default()
            },
            data: Some(RunData { metrics, ..RunData::default() }),
            ..Run::default()
        }
    }

    #[test]
    fn a_run_is_a_line_with_its_first_metrics() {
        assert_eq!(
            runs_table(&[run()]),
            "\
RUN  NAME      STATUS    STARTED               TOOK   METRICS
r1   calm-owl  FINISHED  2026-11-21 00:03:02Z  1m 5s  acc=0.93 loss=0.1 auc=0.9 +1"
        );
    }

    #[test]
    fn the_sheet_of_a_run_lists_its_metrics() {
        let shown = run_sheet(&run());
        assert!(shown.contains("took:     1m 5s"), "{shown}");
        assert!(
            shown.ends_with(
                "\
Metrics
KEY   LATEST
acc   0.93
loss  0.1
auc   0.9
f1    0.8"
            ),
            "{shown}"
        );
    }
}
