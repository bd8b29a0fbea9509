//! Lists of values in a statement: `IN (?1, ?2, …)` in a few lengths only, so that the statements can be kept prepared.

use std::fmt::Write;

/// Lengths of lists. A shorter list is filled up with its last value, a longer one is asked for in parts; the longest
/// holds the page of runs that clients ask for unless told otherwise.
const LENGTHS: [usize; 4] = [1, 16, 128, 1_024];

/// The longest list that one statement takes.
pub(crate) const LENGTH_MAX: usize = LENGTHS[LENGTHS.len() - 1];

/// Fills a list up to the next length. It must hold at least one value and at most [`LENGTH_MAX`].
pub(crate) fn filled<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut filled: Vec<T> = values.into_iter().collect();
    let length = LENGTHS.into_iter().find(|&length| length >= filled.len()).unwrap_or(filled.len());
    if let Some(last) = filled.last().cloned() {
        filled.resize(length, last);
    }
    filled
}

/// The places `?first, ?first+1, …` of a list of that length.
pub(crate) fn places(first: usize, length: usize) -> String {
    let mut places = String::with_capacity(length * 6);
    for index in first..first + length {
        let comma = if index == first { "" } else { ", " };
        // Writing to text cannot fail.
        let _ = write!(places, "{comma}?{index}");
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_in_few_lengths() {
        for (length, expected) in [(1, 1), (2, 16), (16, 16), (17, 128), (1_000, 1_024)] {
            let list = filled(0..length);
            assert_eq!((list.len(), list.last().copied()), (expected, Some(length - 1)));
        }
        assert_eq!(places(3, 2), "?3, ?4");
    }
}
