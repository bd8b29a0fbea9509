//! What runs are filtered and sorted by, as SQL over the tables `r` (runs), `d` (values that are walked through) and `o0`,
//! `o1`, … (values that are sorted by). Which of them a statement reads is said in `runs`.

use tiltyard_domain::entity::RunStatus;
use tiltyard_domain::search::{DatasetAttribute, Order, RunAttribute, RunField, RunOrderField, Test};

use super::artifact_uri;
use super::condition::{Keyed, holds, state_holds};
use super::run_plan::{Lead, Part};
use super::sorting::{Term, beginning};
use super::sql::Sql;

const DATASET_TAGS: Keyed = Keyed { table: "run_dataset_tags", owner: "run", numbered: false };
const CONTEXT_TAG: &str = "mlflow.data.context";

/// Writes a comparison of what a run or its datasets hold themselves.
pub(super) fn write_own(sql: &mut Sql, field: &RunField, test: &Test) {
    match field {
        RunField::Attribute(RunAttribute::Status) => {
            let states = RunStatus::ALL.map(|status| (status as i64, status.name()));
            state_holds(sql, "r.status", &states, test);
        }
        RunField::Attribute(attribute) => holds(sql, &column(*attribute), test),
        RunField::Dataset(DatasetAttribute::Context) => {
            DATASET_TAGS.text_holds(sql, "r.id", CONTEXT_TAG, test);
        }
        RunField::Dataset(attribute) => {
            let column = if *attribute == DatasetAttribute::Name { "x.name" } else { "x.digest" };
            sql.push("EXISTS (SELECT 1 FROM run_datasets i JOIN datasets x ON x.id = i.dataset WHERE i.run = r.id AND ");
            holds(sql, column, test);
            sql.push(")");
        }
        RunField::Metric(_) | RunField::Param(_) | RunField::Tag(_) => {}
    }
}

/// A field of the order by its place in it, where it is not what is walked through.
pub(super) fn term(lead: &Lead<'_>, place: usize, order: &Order<RunOrderField>) -> Term {
    let descending = order.descending;
    match order.field {
        RunOrderField::Metric(_) => Term::metric(&format!("o{place}"), descending),
        RunOrderField::Param(_) | RunOrderField::Tag(_) => {
            Term::nullable(format!("o{place}.value"), descending)
        }
        RunOrderField::Attribute(RunAttribute::StartTime) if lead.values().is_some() => {
            Term::present("d.started_ms", descending)
        }
        RunOrderField::Attribute(RunAttribute::EndTime) => Term::nullable("r.ended_ms", descending),
        RunOrderField::Attribute(RunAttribute::Status) => Term::present(status_name(), descending),
        RunOrderField::Attribute(attribute) => Term::present(column(attribute), descending),
    }
}

/// The first field of the order, as what is walked through holds it: never missing.
pub(super) fn led_term(part: &Part<'_>, first: &Order<RunOrderField>) -> Term {
    let descending = first.descending;
    match (&part.lead, &first.field) {
        (Lead::Sorted(_, true), _) => Term::indexed("d.value", descending),
        (Lead::Sorted(values, false), _) if !values.are_metrics => {
            Term::present(beginning("d.value"), descending)
        }
        (_, RunOrderField::Attribute(attribute)) => Term::present(column(*attribute), descending),
        _ => Term::present("d.value", descending),
    }
}

/// The name of a run's status, by which runs are sorted.
fn status_name() -> String {
    let cases = RunStatus::ALL.map(|status| format!(" WHEN {} THEN '{}'", status as i64, status.name()));
    format!("CASE r.status{} END", cases.concat())
}

fn column(attribute: RunAttribute) -> String {
    let column = match attribute {
        RunAttribute::ArtifactUri => return artifact_uri("'/' || r.run_id || '/artifacts'"),
        RunAttribute::RunId => "r.run_id",
        RunAttribute::RunName => "r.name",
        RunAttribute::StartTime => "r.started_ms",
        RunAttribute::EndTime => "r.ended_ms",
        RunAttribute::Status => "r.status",
        RunAttribute::UserId => "r.user_id",
    };
    column.to_owned()
}
