//! Histories of metrics are shown: a page, several runs at once, a sample for a chart.
//!
//! A run that is not there has no history, as in MLflow.

use tiltyard_domain::metrics::KeptValue;
use tiltyard_domain::{Permit, Refusal, Timestamp, limits};
use tiltyard_store::{Point, Steps};

use crate::{Context, Error};

/// A point with the run it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPoint {
    /// The run.
    pub run_id: String,
    /// The point.
    pub point: Point,
}

/// Which page of a history.
#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// How many points at most; absent for all, up to a bound.
    pub size: Option<i32>,
    /// Where it begins: the token that came with the page before.
    pub token: Option<String>,
}

/// Which samples of histories.
#[derive(Debug, Clone)]
pub struct SampleQuery {
    /// The runs.
    pub run_ids: Vec<String>,
    /// The metric.
    pub key: String,
    /// The first step; absent, like the last, for all steps.
    pub first_step: Option<i64>,
    /// The last step.
    pub last_step: Option<i64>,
    /// How many points of a run at most; absent for as many as MLflow gives.
    pub points_max: Option<i64>,
}

/// A page of one metric's history, by time, step and value, and the token of the next page if there is one.
///
/// # Errors
/// `InvalidValue` for a page size that is not positive, or a token that this server never gave.
pub async fn history(
    context: &Context,
    permit: &Permit,
    run_id: String,
    key: String,
    page: HistoryPage,
) -> Result<(Vec<Point>, Option<String>), Error> {
    let size = page_size(page.size)?;
    let after = page.token.filter(|token| !token.is_empty()).map(|token| read_token(&token)).transpose()?;
    let beyond = size.saturating_add(1);
    let read = context.store().scan(permit, move |read| read.metric_history(&run_id, &key, after, beyond));
    let mut points = read.await?;
    let more = points.len() > size;
    points.truncate(size);
    let next = points.last().filter(|_| more).map(write_token);
    Ok((points, next))
}

fn page_size(asked: Option<i32>) -> Result<usize, Refusal> {
    let Some(asked) = asked else { return Ok(limits::METRIC_HISTORY_UNPAGED_POINTS_MAX) };
    match usize::try_from(asked) {
        Ok(size) if size > 0 => Ok(size.min(limits::METRIC_HISTORY_POINTS_MAX)),
        _ => Err(Refusal::invalid(format!(
            "Invalid value {asked} for parameter 'max_results' supplied. It must be a positive integer."
        ))),
    }
}

/// The last point of a page as text: the next page begins after it, whatever was logged in between.
fn write_token(point: &Point) -> String {
    let Point { timestamp, step, value } = point;
    format!("{:x}.{:x}.{:x}.{}", timestamp.0, step, value.number.to_bits(), u8::from(value.is_nan))
}

fn read_token(token: &str) -> Result<Point, Refusal> {
    let wrong =
        || Refusal::invalid("Invalid page token. Pass the 'next_page_token' of the page before, unchanged.");
    let parts: Vec<u64> = token
        .split('.')
        .map(|part| u64::from_str_radix(part, 16))
        .collect::<Result<_, _>>()
        .map_err(|_| wrong())?;
    let [time, step, bits, is_nan @ 0..=1] = parts[..] else { return Err(wrong()) };
    let number = f64::from_bits(bits);
    if number.is_nan() {
        return Err(wrong());
    }
    Ok(Point {
        timestamp: Timestamp(time.cast_signed()),
        step: step.cast_signed(),
        value: KeptValue { number, is_nan: is_nan == 1 },
    })
}

/// The histories of one metric in several runs, run by run.
///
/// # Errors
/// `InvalidValue` in MLflow's words when no run or no key is named, or too many runs are.
pub async fn histories(
    context: &Context,
    permit: &Permit,
    run_ids: Vec<String>,
    key: Option<String>,
    count_max: Option<i64>,
) -> Result<Vec<RunPoint>, Error> {
    check_runs(run_ids.len())?;
    let no_key = || Refusal::invalid("GetMetricHistoryBulk request must specify a metric_key.");
    let key = key.ok_or_else(no_key)?;
    let count_max = count_max.unwrap_or(i64::MAX);
    let count_max = usize::try_from(count_max).map_err(|_| {
        Refusal::invalid(format!(
            "Invalid value {count_max} for parameter 'max_results' supplied. It must not be negative."
        ))
    })?;
    let count_max = count_max.min(limits::METRIC_HISTORY_POINTS_MAX);
    let read = context.store().scan(permit, move |read| read.metric_histories(&run_ids, &key, count_max));
    Ok(read.await?.into_iter().map(|(run_id, point)| RunPoint { run_id, point }).collect())
}

fn check_runs(count: usize) -> Result<(), Refusal> {
    let count_max = limits::METRIC_HISTORY_RUNS_MAX;
    if count == 0 {
        return Err(Refusal::invalid("GetMetricHistoryBulk request must specify at least one run_id."));
    }
    if count > count_max {
        return Err(Refusal::invalid(format!(
            "GetMetricHistoryBulk request cannot specify more than {count_max} run_ids. Received {count} run_ids."
        )));
    }
    Ok(())
}

/// Samples of one metric's history in several runs, in the order the runs are named.
///
/// # Errors
/// `InvalidValue` in MLflow's words when only one end of the steps is given, or they are the wrong way round.
pub async fn samples(context: &Context, permit: &Permit, asked: SampleQuery) -> Result<Vec<RunPoint>, Error> {
    let SampleQuery { run_ids, key, first_step, last_step, points_max } = asked;
    let steps = steps(first_step, last_step)?;
    let most = limits::METRIC_SAMPLE_POINTS_MAX;
    let wanted = points_max.and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(most).min(most);
    let read = context.store().scan(permit, move |read| {
        let mut shown = Vec::new();
        for run_id in &run_ids {
            let points = read.metric_sample(run_id, &key, steps, wanted as u64)?;
            shown.extend(points.into_iter().map(|point| RunPoint { run_id: run_id.clone(), point }));
        }
        Ok(shown)
    });
    read.await
}

fn steps(first: Option<i64>, last: Option<i64>) -> Result<Steps, Refusal> {
    match (first, last) {
        (None, None) => Ok(Steps::ALL),
        (Some(first), Some(last)) if first <= last => Ok(Steps { first, last }),
        (Some(first), Some(last)) => Err(Refusal::invalid(format!(
            "end_step must be greater than start_step. Found start_step={first} and end_step={last}."
        ))),
        _ => Err(Refusal::invalid("If either start step or end step are specified, both must be specified.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_point() {
        for (time, step, value) in [(0, 0, 0.0), (i64::MAX, i64::MIN, -1.5), (7, -3, f64::NAN)] {
            let point = Point { timestamp: Timestamp(time), step, value: KeptValue::of(value) };
            assert_eq!(read_token(&write_token(&point)), Ok(point));
        }
        for token in
            ["", "x", "1.2.3", "1.2.3.2", "1.2.7ff8000000000000.0", "1.2.3.0.0", "eyJvZmZzZXQiOiAzfQ=="]
        {
            assert!(read_token(token).is_err(), "{token}");
        }
    }
}
