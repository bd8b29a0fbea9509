//! How a search for runs is cut into parts that an index answers in order, so that a page costs what it shows and not
//! what there is. How a part becomes SQL is said in `runs`.
//!
//! Sorted by a metric, param or tag in one experiment, the index on values is walked first, then `NaN`, then the runs
//! without a value. Where a comparison leaves few runs, those are taken and sorted instead.

use tiltyard_domain::search::{
    Comparison, NumberOperator, Order, RunAttribute, RunField, RunOrderField, Test, TextOperator,
};

use super::condition::Keyed;
use super::page::Place;
use super::runs::RunSearch;

pub(super) const METRICS: Keyed = Keyed { table: "latest_metrics", owner: "run", numbered: true };
pub(super) const PARAMS: Keyed = Keyed { table: "params", owner: "run", numbered: true };
pub(super) const TAGS: Keyed = Keyed { table: "run_tags", owner: "run", numbered: true };

/// The tag that keeps a run's name; filters by name look there, as MLflow's do.
const RUN_NAME_TAG: &str = "mlflow.runName";
/// Comparisons that are counted to see which leaves few runs.
const COUNTED_MAX: usize = 4;

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
    /// The runs of the experiments.
    Runs,
    /// The values that runs are sorted by first.
    Sorted(Values<'a>),
    /// The metrics that are `NaN`.
    Nan(Values<'a>),
    /// The runs without such a value.
    Missing(Values<'a>),
    /// The values that pass the comparison of this place, which are few.
    Few(Values<'a>, usize),
}

impl Lead<'_> {
    /// The run, by what is at hand first: what does not pass then costs no look at the run itself.
    pub(super) fn run(&self) -> &'static str {
        match self {
            Self::Runs | Self::Missing(_) => "r.id",
            Self::Sorted(_) | Self::Nan(_) | Self::Few(..) => "d.run",
        }
    }
}

/// A part of the answer; the parts follow one another.
pub(super) struct Part<'a> {
    pub(super) lead: Lead<'a>,
    /// The order inside the part.
    pub(super) order: &'a [Order<RunOrderField>],
    /// What all rows of the part have in common, before that order.
    pub(super) shared: Vec<Place>,
    /// Where the page begins in the part.
    pub(super) after: Option<&'a [Place]>,
}

/// The parts of a search in the order of their runs.
pub(super) fn parts(search: &RunSearch) -> Vec<Part<'_>> {
    let places = search.cut.after.as_ref().map(|position| position.0.as_slice());
    let ([_], Some((first, rest)), Some(values)) =
        (search.experiments.as_slice(), search.order.split_first(), leading_values(search))
    else {
        return vec![whole(search, Lead::Runs)];
    };
    let (behind, rest_places) = places
        .and_then(<[Place]>::split_first)
        .map_or((None, None), |(first, rest)| (Some(first), Some(rest)));
    let in_part = |place: &Place| if behind == Some(place) { rest_places } else { None };
    let tests: Vec<&Test> = tests_of(search, &first.field);
    let mut parts = Vec::new();
    if !matches!(behind, Some(Place::Nan | Place::Missing)) {
        parts.push(Part {
            lead: Lead::Sorted(values),
            order: &search.order,
            shared: Vec::new(),
            after: places,
        });
    }
    if values.are_metrics && behind != Some(&Place::Missing) && tests.iter().all(|test| admits_nan(test)) {
        let (shared, after) = (vec![Place::Nan], in_part(&Place::Nan));
        parts.push(Part { lead: Lead::Nan(values), order: rest, shared, after });
    }
    if tests.iter().all(|test| **test == Test::Present(false)) {
        let (shared, after) = (vec![Place::Missing], in_part(&Place::Missing));
        parts.push(Part { lead: Lead::Missing(values), order: rest, shared, after });
    }
    parts
}

/// The whole answer as one part.
pub(super) fn whole<'a>(search: &'a RunSearch, lead: Lead<'a>) -> Part<'a> {
    let after = search.cut.after.as_ref().map(|position| position.0.as_slice());
    Part { lead, order: &search.order, shared: Vec::new(), after }
}

/// The comparisons that an index can answer and that the order does not follow anyway: they may leave few runs.
pub(super) fn countable(search: &RunSearch) -> Vec<(usize, Values<'_>)> {
    if search.experiments.len() != 1 {
        return Vec::new();
    }
    let sorted = search.order.first().map(|order| &order.field);
    let comparisons = search.filter.comparisons.iter().enumerate();
    comparisons
        .filter(|(_, comparison)| sorted.is_none_or(|field| !is_same(&comparison.field, field)))
        .filter_map(|(place, comparison)| indexed(comparison).map(|values| (place, values)))
        .take(COUNTED_MAX)
        .collect()
}

fn indexed(comparison: &Comparison<RunField>) -> Option<Values<'_>> {
    let narrows = match &comparison.test {
        Test::Text { operator, .. } => *operator == TextOperator::Equal,
        Test::Number { operator, .. } => *operator != NumberOperator::NotEqual,
        _ => false,
    };
    values_of(&comparison.field).filter(|_| narrows)
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

fn leading_values(search: &RunSearch) -> Option<Values<'_>> {
    search.order.first().and_then(|order| sorted_values(&order.field))
}

fn tests_of<'a>(search: &'a RunSearch, field: &RunOrderField) -> Vec<&'a Test> {
    let comparisons = search.filter.comparisons.iter();
    comparisons.filter(|found| is_same(&found.field, field)).map(|found| &found.test).collect()
}

fn is_same(filtered: &RunField, sorted: &RunOrderField) -> bool {
    match (filtered, sorted) {
        (RunField::Metric(left), RunOrderField::Metric(right))
        | (RunField::Param(left), RunOrderField::Param(right))
        | (RunField::Tag(left), RunOrderField::Tag(right)) => left == right,
        _ => false,
    }
}

fn admits_nan(test: &Test) -> bool {
    matches!(test, Test::Number { operator: NumberOperator::NotEqual, .. })
}

impl Values<'_> {
    /// Whether a field of the filter is looked up in these values.
    pub(super) fn answer(&self, field: &RunField) -> bool {
        values_of(field).is_some_and(|other| other.table.table == self.table.table && other.key == self.key)
    }
}
