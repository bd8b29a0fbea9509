//! Statements that read histories of metrics: a page by time, several runs at once, a sample by step.
//! Writing points stands in `metrics`; how a sample is chosen is a rule and stands in the domain.

use tiltyard_domain::Timestamp;
use tiltyard_domain::metrics::{KeptValue, Sample};

use crate::engine::{Param as Bound, Row, params};
use crate::{Error, Read, many};

/// One point of a metric whose key is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When, as the client said.
    pub timestamp: Timestamp,
    /// The step.
    pub step: i64,
    /// The value.
    pub value: KeptValue,
}

/// Reads a point from the columns time, step, value, `is_nan`.
fn point(row: &dyn Row) -> Result<Point, Error> {
    Ok(Point {
        timestamp: Timestamp(row.get(0)?),
        step: row.get(1)?,
        value: KeptValue { number: row.get(2)?, is_nan: row.get(3)? },
    })
}

/// Steps from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// The first.
    pub first: i64,
    /// The last.
    pub last: i64,
}

impl Steps {
    /// Every step.
    pub const ALL: Self = Self { first: i64::MIN, last: i64::MAX };
}

impl Read<'_> {
    /// At most `count_max` points of a metric, by time, step and value, beginning after `after`.
    pub fn metric_history(
        &mut self,
        run_id: &str,
        key: &str,
        after: Option<Point>,
        count_max: usize,
    ) -> Result<Vec<Point>, Error> {
        let (Some(run), Some(key)) = (self.run_row(run_id)?, self.key(key)?) else { return Ok(Vec::new()) };
        let limit = i64::try_from(count_max).unwrap_or(i64::MAX);
        let Some(after) = after else {
            return self.all(
                "SELECT time_ms, step, value, is_nan FROM metrics WHERE run = ?1 AND key = ?2
                 ORDER BY time_ms, step, value, is_nan LIMIT ?3",
                &params![run.key, key, limit],
                point,
            );
        };
        let Point { timestamp, step, value } = after;
        self.all(
            "SELECT time_ms, step, value, is_nan FROM metrics
             WHERE run = ?1 AND key = ?2 AND (time_ms, step, value, is_nan) > (?4, ?5, ?6, ?7)
             ORDER BY time_ms, step, value, is_nan LIMIT ?3",
            &params![run.key, key, limit, timestamp.0, step, value.number, value.is_nan],
            point,
        )
    }

    /// At most `count_max` points of one metric of several runs (at most [`many::LENGTH_MAX`]), run by run.
    pub fn metric_histories(
        &mut self,
        run_ids: &[String],
        key: &str,
        count_max: usize,
    ) -> Result<Vec<(String, Point)>, Error> {
        let Some(key) = self.key(key)? else { return Ok(Vec::new()) };
        if run_ids.is_empty() {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(count_max).unwrap_or(i64::MAX);
        let run_ids = many::filled(run_ids.iter().map(Bound::from));
        let sql = format!(
            "SELECT m.time_ms, m.step, m.value, m.is_nan, r.run_id FROM runs r JOIN metrics m ON m.run = r.id
             WHERE r.workspace = ?1 AND m.key = ?2 AND r.run_id IN ({})
             ORDER BY r.run_id, m.time_ms, m.step, m.value, m.is_nan LIMIT ?3",
            many::places(4, run_ids.len())
        );
        let bound: Vec<Bound<'_>> =
            params![self.workspace(), key, limit].into_iter().chain(run_ids).collect();
        self.all(&sql, &bound, |row| Ok((row.get(4)?, point(row)?)))
    }

    /// About `wanted` points of a metric spread evenly over its history, by step, time and value.
    ///
    /// The points stream by in the order they are stored in, so that a history of any length takes the same memory.
    pub fn metric_sample(
        &mut self,
        run_id: &str,
        key: &str,
        steps: Steps,
        wanted: u64,
    ) -> Result<Vec<Point>, Error> {
        let (Some(run), Some(key)) = (self.run_row(run_id)?, self.key(key)?) else { return Ok(Vec::new()) };
        let bound = params![run.key, key, steps.first, steps.last];
        let total = self.one(
            "SELECT count(*) FROM metrics WHERE run = ?1 AND key = ?2 AND step BETWEEN ?3 AND ?4",
            &bound,
            |row| row.get::<i64>(0),
        )?;
        let total = total.and_then(|total| u64::try_from(total).ok()).unwrap_or_default();
        let sample = Sample::new(total, wanted);
        let (mut points, mut place) = (Vec::new(), 0);
        self.each(
            "SELECT time_ms, step, value, is_nan FROM metrics
             WHERE run = ?1 AND key = ?2 AND step BETWEEN ?3 AND ?4 ORDER BY step, time_ms, value, is_nan",
            &bound,
            |row| {
                if sample.shows(place) {
                    points.push(point(row)?);
                }
                place += 1;
                Ok(())
            },
        )?;
        Ok(points)
    }
}
