//! Medians, percentiles and spreads. Small pure functions on numbers.

/// Middle, least and greatest of some rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    /// The middle value.
    pub(crate) median: f64,
    /// The least value.
    pub(crate) least: f64,
    /// The greatest value.
    pub(crate) greatest: f64,
}

/// Spread of `values`; none of an empty list.
pub(crate) fn spread(values: &[f64]) -> Option<Spread> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, greatest) = (*sorted.first()?, *sorted.last()?);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some(Spread { median: f64::midpoint(lower, upper), least, greatest })
}

/// Median of `values`; none of an empty list.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    spread(values).map(|spread| spread.median)
}

/// The value below which `hundredths` of a sorted list lie.
pub(crate) fn percentile(sorted: &[u32], hundredths: usize) -> u32 {
    let index = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or(0)
}

/// A count as a float; counts here are far below the 52 bits where that would lose anything.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark stay far below 2^52")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_count_lies_between() {
        assert_eq!(spread(&[4.0, 1.0, 3.0, 2.0]), Some(Spread { median: 2.5, least: 1.0, greatest: 4.0 }));
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn percentiles_stay_inside_the_list() {
        let sorted: Vec<u32> = (1..=10).collect();
        assert_eq!((percentile(&sorted, 50), percentile(&sorted, 99), percentile(&[], 50)), (6, 10, 0));
    }
}
