//! How a search for runs is cut into parts that an index answers in order, so that a page costs what it shows and not
//! what there is. How a part becomes SQL is said in `runs`, what is counted before in `run_counts`.
//!
//! Sorted by a metric, param or tag, the index on values is walked first, then `NaN`, then the runs without a value.
//! Sorted by the status, each of its values is a part. Where a comparison leaves few runs, those are taken and sorted.
//! Fields behind the first, but for the start, have no part in this: runs that are equal in the first are sorted by them.

use tiltyard_domain::entity::{RunStatus, ViewType};
use tiltyard_domain::search::{NumberOperator, Order, RunAttribute, RunField, RunOrderField, Test};

use super::condition::Keyed;
use super::page::Place;
use super::run_counts::{Few, Look};
use super::runs::RunSearch;

const METRICS: Keyed = Keyed { table: "latest_metrics", owner: "run", numbered: true };
const PARAMS: Keyed = Keyed { table: "params", owner: "run", numbered: true };
const TAGS: Keyed = Keyed { table: "run_tags", owner: "run", numbered: true };

/// The tag that keeps a run's name; filters by name look there, as MLflow's do.
const RUN_NAME_TAG: &str = "mlflow.runName";

/// A table of values by key, and the key.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) table: &'static Keyed,
    pub(super) key: &'a str,
    pub(super) are_metrics: bool,
}

/// What a part walks through.
#[derive(Clone, Copy)]
pub(super) enum Lead<'a> {
    /// The runs, in the order of the index on what they are sorted by first.
    Runs,
    /// The runs that have ended, or those that have not.
    Ended(bool),
    /// The runs in this state.
    Status(RunStatus),
    /// The values that runs are sorted by first, and whether some are longer than the index holds.
    Sorted(Values<'a>, bool),
    /// The metrics that are `NaN`.
    Nan(Values<'a>),
    /// The runs without such a value.
    Missing(Values<'a>),
    /// Runs that are few: taken and sorted.
    Few(Few<'a>),
    /// All runs, taken and sorted: no index has their order.
    All,
}

/// Where the runs of a part come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// One stretch of an index, which is in order.
    One,
    /// A stretch for each experiment, or for each of its active and its deleted runs. Each is in order and gives at most
    /// a page; those pages are sorted together.
    Each,
    /// Anywhere in the experiments; sorted as a whole.
    Any,
}

/// Which of its values of the first field of the order a part covers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Range {
    /// This one.
    At(Place),
    /// Those behind the one and before the other, as far as they are given.
    Between(Option<Place>, Option<Place>),
}

/// A part of the answer; the parts follow one another.
pub(super) struct Part<'a> {
    pub(super) lead: Lead<'a>,
    pub(super) range: Range,
    /// How many fields of the order, counted from the first, are the same for all runs of the part: none or one.
    pub(super) settled: usize,
    /// What they are.
    pub(super) shared: Vec<Place>,
    /// Where the page begins in the part, by the other fields.
    pub(super) after: Option<&'a [Place]>,
}

impl Lead<'_> {
    /// The run, by what is at hand first: what does not pass then costs no look at the run itself.
    pub(super) fn run(&self) -> &'static str {
        if self.values().is_some() { "d.run" } else { "r.id" }
    }

    /// The values it walks through, if it does.
    pub(super) fn values(&self) -> Option<Values<'_>> {
        match self {
            Self::Sorted(values, _) | Self::Nan(values) => Some(*values),
            _ => None,
        }
    }
}

impl<'a> Part<'a> {
    /// Whether the part is in the order of the first field, and not the same in it.
    pub(super) fn is_led(&self) -> bool {
        self.settled == 0 && matches!(self.lead, Lead::Runs | Lead::Ended(true) | Lead::Sorted(..))
    }

    pub(super) fn order(&self, search: &'a RunSearch) -> &'a [Order<RunOrderField>] {
        search.order.get(self.settled..).unwrap_or_default()
    }

    pub(super) fn scope(&self, search: &RunSearch) -> Scope {
        let is_one = match self.lead {
            Lead::Few(_) | Lead::All => return Scope::Any,
            Lead::Sorted(..) | Lead::Nan(_) => search.experiments.len() == 1,
            _ => search.experiments.len() == 1 && search.view != ViewType::All,
        };
        if is_one { Scope::One } else { Scope::Each }
    }

    fn common(lead: Lead<'a>, place: Place, after: Option<&'a [Place]>) -> Self {
        Self { lead, range: Range::Between(None, None), settled: 1, shared: vec![place], after }
    }

    fn at(lead: Lead<'a>, place: Place, after: Option<&'a [Place]>) -> Self {
        Self { range: Range::At(place.clone()), ..Self::common(lead, place, after) }
    }

    fn between(lead: Lead<'a>, behind: Option<Place>, before: Option<Place>) -> Self {
        Self { lead, range: Range::Between(behind, before), settled: 0, shared: Vec::new(), after: None }
    }
}

/// The parts of a search in the order of their runs.
pub(super) fn parts<'a>(search: &'a RunSearch, look: &Look) -> Vec<Part<'a>> {
    let stages = stages(search, look.long);
    let places = search.cut.places();
    let holds = |stage: &(Lead<'_>, Option<Place>), place: &Place| match &stage.1 {
        Some(common) => common == place,
        None => !matches!(place, Place::Nan | Place::Missing),
    };
    let begin = places
        .and_then(<[Place]>::first)
        .map_or(Some(0), |place| stages.iter().position(|stage| holds(stage, place)));
    let Some(begin) = begin else { return Vec::new() };
    let mut parts = Vec::new();
    for (index, (lead, common)) in stages.into_iter().enumerate().skip(begin) {
        let places = if index == begin { places } else { None };
        match (lead, common) {
            (Lead::All, _) => parts.push(whole(search, lead)),
            (_, Some(place)) => parts.push(Part::common(lead, place, places.map(|places| &places[1..]))),
            (_, None) => parts.extend(ranges(lead, places, look.turn.clone())),
        }
    }
    parts
}

/// The whole answer as one part.
pub(super) fn whole<'a>(search: &'a RunSearch, lead: Lead<'a>) -> Part<'a> {
    Part { after: search.cut.places(), ..Part::between(lead, None, None) }
}

/// What is walked through one after the other, and what the runs of each have in common in the first field of the order.
fn stages(search: &RunSearch, long: bool) -> Vec<(Lead<'_>, Option<Place>)> {
    let Some(first) = search.order.first() else { return Vec::new() };
    match &first.field {
        RunOrderField::Attribute(attribute) => match attribute {
            RunAttribute::StartTime | RunAttribute::RunName => vec![(Lead::Runs, None)],
            RunAttribute::EndTime => {
                vec![(Lead::Ended(true), None), (Lead::Ended(false), Some(Place::Missing))]
            }
            RunAttribute::Status => statuses(first.descending),
            RunAttribute::RunId | RunAttribute::UserId | RunAttribute::ArtifactUri => vec![(Lead::All, None)],
        },
        field => sorted_values(field).map_or_else(Vec::new, |values| stages_of(search, values, long)),
    }
}

fn statuses<'a>(descending: bool) -> Vec<(Lead<'a>, Option<Place>)> {
    let mut statuses = RunStatus::ALL;
    statuses.sort_by_key(|status| status.name());
    if descending {
        statuses.reverse();
    }
    statuses.map(|status| (Lead::Status(status), Some(Place::Text(status.name().to_owned())))).to_vec()
}

fn stages_of<'a>(search: &'a RunSearch, values: Values<'a>, long: bool) -> Vec<(Lead<'a>, Option<Place>)> {
    let comparisons = search.filter.comparisons.iter();
    let tests: Vec<&Test> =
        comparisons.filter(|found| values.are_those_of(&found.field)).map(|found| &found.test).collect();
    let mut stages = vec![(Lead::Sorted(values, long), None)];
    if values.are_metrics && tests.iter().all(|test| admits_nan(test)) {
        stages.push((Lead::Nan(values), Some(Place::Nan)));
    }
    if tests.iter().all(|test| **test == Test::Present(false)) {
        stages.push((Lead::Missing(values), Some(Place::Missing)));
    }
    stages
}

fn admits_nan(test: &Test) -> bool {
    matches!(test, Test::Number { operator: NumberOperator::NotEqual, .. })
}

/// Cuts a walk where the page begins, and at the value where it is likely to end. Runs with one value then are a part of
/// their own, which an index has in order in either direction.
fn ranges<'a>(lead: Lead<'a>, places: Option<&'a [Place]>, turn: Option<Place>) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut behind = None;
    if let Some((first, rest)) = places.and_then(<[Place]>::split_first) {
        parts.push(Part::at(lead, first.clone(), Some(rest)));
        behind = Some(first.clone());
    }
    if let Some(turn) = turn {
        parts.push(Part::between(lead, behind, Some(turn.clone())));
        parts.push(Part::at(lead, turn.clone(), None));
        behind = Some(turn);
    }
    parts.push(Part::between(lead, behind, None));
    parts
}

/// The values that a field of the filter is looked up in; none for what a run or its datasets hold themselves.
pub(super) fn values_of(field: &RunField) -> Option<Values<'_>> {
    match field {
        RunField::Metric(key) => Some(Values { table: &METRICS, key, are_metrics: true }),
        RunField::Param(key) => Some(Values { table: &PARAMS, key, are_metrics: false }),
        RunField::Tag(key) => Some(Values { table: &TAGS, key, are_metrics: false }),
        RunField::Attribute(RunAttribute::RunName) => {
            Some(Values { table: &TAGS, key: RUN_NAME_TAG, are_metrics: false })
        }
        RunField::Attribute(_) | RunField::Dataset(_) => None,
    }
}

/// The values that a field of the order is looked up in.
pub(super) fn sorted_values(field: &RunOrderField) -> Option<Values<'_>> {
    match field {
        RunOrderField::Metric(key) => Some(Values { table: &METRICS, key, are_metrics: true }),
        RunOrderField::Param(key) => Some(Values { table: &PARAMS, key, are_metrics: false }),
        RunOrderField::Tag(key) => Some(Values { table: &TAGS, key, are_metrics: false }),
        RunOrderField::Attribute(_) => None,
    }
}

impl Values<'_> {
    /// Whether a field of the filter is looked up in these values.
    pub(super) fn are_those_of(&self, field: &RunField) -> bool {
        values_of(field).is_some_and(|other| other.table.table == self.table.table && other.key == self.key)
    }
}
