//! Rules of metric points: how a value is kept, which point is the latest, which ones a sample shows.
//! What a key may look like belongs to `runs`.

use crate::entity::Metric;

/// A value as it is kept: databases know no NaN, and MLflow shows infinities as the largest finite numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeptValue {
    /// The number; 0 for NaN.
    pub number: f64,
    /// Whether it stands for NaN.
    pub is_nan: bool,
}

impl KeptValue {
    /// The value as it is kept.
    pub fn of(value: f64) -> Self {
        if value.is_nan() {
            return Self { number: 0.0, is_nan: true };
        }
        // Not every database tells the zeros apart; the sum with one of them has no sign.
        Self { number: value.clamp(f64::MIN, f64::MAX) + 0.0, is_nan: false }
    }

    /// The value as it is shown.
    pub fn shown(self) -> f64 {
        if self.is_nan { f64::NAN } else { self.number }
    }
}

/// Whether a point replaces another one as the latest: by step, then time, then value, where NaN counts as the 0 it is
/// kept as. The store's statements say the same.
pub fn is_later(point: &Metric, other: &Metric) -> bool {
    let place = |metric: &Metric| (metric.step, metric.timestamp, KeptValue::of(metric.value).number);
    place(point) > place(other)
}

/// Which of many points are shown when there is room for a few: the first of each of `wanted` equal parts, and the last
/// point of all in place of the last part's first. Exactly MLflow's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    total: u64,
    wanted: u64,
}

impl Sample {
    /// A sample of `wanted` (at least one) out of `total` points.
    pub fn new(total: u64, wanted: u64) -> Self {
        Self { total, wanted: wanted.max(1) }
    }

    /// Whether the point at `place`, counted from 0 in order, is shown.
    pub fn shows(self, place: u64) -> bool {
        if self.total <= self.wanted || place + 1 == self.total {
            return true;
        }
        let part = self.part_at(place);
        self.start_of(part) == place && part + 1 < self.wanted
    }

    /// The first `total % wanted` parts are one longer than the others.
    fn start_of(self, part: u64) -> u64 {
        part * (self.total / self.wanted) + part.min(self.total % self.wanted)
    }

    fn part_at(self, place: u64) -> u64 {
        let (length, longer) = (self.total / self.wanted, self.total % self.wanted);
        let end_of_longer = longer * (length + 1);
        if place < end_of_longer { place / (length + 1) } else { longer + (place - end_of_longer) / length }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_kept_as_mlflow_keeps_them() {
        assert_eq!(KeptValue::of(f64::INFINITY).shown().to_bits(), f64::MAX.to_bits());
        assert_eq!(KeptValue::of(f64::NEG_INFINITY).shown().to_bits(), f64::MIN.to_bits());
        assert_eq!(KeptValue::of(f64::NAN), KeptValue { number: 0.0, is_nan: true });
        assert!(KeptValue::of(f64::NAN).shown().is_nan());
        assert_eq!(KeptValue::of(0.5).shown().to_bits(), 0.5_f64.to_bits());
    }

    /// MLflow's own words: number the points, cut them in parts, take each part's first, put the last point at the end.
    fn naive(total: u64, wanted: u64) -> Vec<u64> {
        let (length, longer) = (total / wanted, total % wanted);
        let mut starts = Vec::new();
        let mut next = 0;
        for part in 0..wanted.min(total) {
            starts.push(next);
            next += length + u64::from(part < longer);
        }
        match starts.last() {
            Some(&last) if last + 1 != total => {
                if starts.len() as u64 >= wanted {
                    starts.pop();
                }
                starts.push(total - 1);
            }
            _ => {}
        }
        starts
    }

    proptest! {
        #[test]
        fn a_sample_is_mlflows(total in 0_u64..400, wanted in 1_u64..60) {
            let sample = Sample::new(total, wanted);
            let shown: Vec<u64> = (0..total).filter(|&place| sample.shows(place)).collect();
            prop_assert_eq!(shown, naive(total, wanted));
        }
    }
}
