//! Who held which pointer, from when to when, and where a rollback goes. Both follow from the steps that versions took,
//! which are kept for ever; nothing here moves a pointer.

use std::collections::HashMap;

use crate::Timestamp;
use crate::entity::HistoryEntry;
use crate::pointer::{Pointer, Stage};
use crate::promotion::{Cause, Movement};

/// A version came to hold a pointer, ceased to hold one, or both at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The version's number.
    pub version: i64,
    /// The pointer that it held until now.
    pub leaves: Option<Pointer>,
    /// The pointer that it holds from now on.
    pub enters: Option<Pointer>,
    /// When.
    pub time: Timestamp,
    /// Who moved the pointer.
    pub actor: String,
    /// Why it moved.
    pub cause: Cause,
    /// The reason given, if any.
    pub reason: Option<String>,
    /// Whether the version has been deleted since.
    pub deleted: bool,
}

/// The steps of which a movement consists: the version, what it leaves, what it enters.
pub fn steps(movement: &Movement) -> Vec<(i64, Option<Pointer>, Option<Pointer>)> {
    // Everything begins without a stage, and without one nothing is served: that is no history.
    let held = |stage: Stage| (stage != Stage::None).then_some(Pointer::Stage(stage));
    match movement {
        Movement::Stage { version, from, to } => vec![(*version, held(*from), held(*to))],
        Movement::AliasSet { alias, from, to } => {
            let pointer = Pointer::Alias(alias.clone());
            let left = from.map(|from| (from, Some(pointer.clone()), None));
            left.into_iter().chain([(*to, None, Some(pointer.clone()))]).collect()
        }
        Movement::AliasRemoved { alias, from } => vec![(*from, Some(Pointer::Alias(alias.clone())), None)],
    }
}

/// Every hold that began in the steps, which come oldest first, in the order in which they began.
pub fn holds(steps: impl IntoIterator<Item = Step>) -> Vec<HistoryEntry> {
    let mut holds: Vec<HistoryEntry> = Vec::new();
    let mut lasting: HashMap<(Pointer, i64), usize> = HashMap::new();
    for step in steps {
        if let Some(left) = step.leaves
            && let Some(place) = lasting.remove(&(left.clone(), step.version))
        {
            holds[place].until = Some(step.time);
            holds[place].rolled_back = step.cause == Cause::Rollback && can_be_rolled_back(&left);
        }
        if let Some(pointer) = step.enters {
            lasting.insert((pointer.clone(), step.version), holds.len());
            holds.push(HistoryEntry {
                pointer,
                version: step.version,
                since: step.time,
                until: None,
                actor: step.actor,
                cause: step.cause,
                reason: step.reason,
                rolled_back: false,
                deleted: step.deleted,
            });
        }
    }
    holds
}

/// A version that comes back by a rollback leaves `Archived`, which nobody rolled back from.
fn can_be_rolled_back(pointer: &Pointer) -> bool {
    match pointer {
        Pointer::Stage(stage) => stage.is_active(),
        Pointer::Alias(_) => true,
    }
}

/// Where a rollback of a pointer goes: to the last version that held it, does not hold it now, was not itself rolled back
/// from, and still exists. `history` is the pointer's own, oldest first.
pub fn rollback_target(history: &[HistoryEntry], holders: &[i64]) -> Option<i64> {
    let eligible = |entry: &&HistoryEntry| {
        entry.until.is_some() && !entry.rolled_back && !entry.deleted && !holders.contains(&entry.version)
    };
    // A version may have been rolled back from and promoted again since: its newest hold speaks for it.
    let newest_of = |version: i64| history.iter().rev().find(|entry| entry.version == version);
    history
        .iter()
        .rev()
        .filter(eligible)
        .find(|entry| newest_of(entry.version).is_some_and(|newest| !newest.rolled_back))
        .map(|entry| entry.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pointer::AliasName;

    fn held(version: i64, until: Option<i64>, rolled_back: bool) -> HistoryEntry {
        HistoryEntry {
            pointer: Pointer::Stage(Stage::Production),
            version,
            since: Timestamp(0),
            until: until.map(Timestamp),
            actor: "ada".to_owned(),
            cause: Cause::Move,
            reason: None,
            rolled_back,
            deleted: false,
        }
    }

    fn deleted(entry: HistoryEntry) -> HistoryEntry {
        HistoryEntry { deleted: true, ..entry }
    }

    #[test]
    fn a_rollback_goes_by_history_and_not_by_number() {
        let [seven, three, five] = [held(7, Some(1), false), held(3, Some(2), false), held(5, None, false)];
        let history = [seven.clone(), three.clone(), five.clone()];
        assert_eq!(rollback_target(&history, &[5]), Some(3));
        let history = [seven.clone(), deleted(three.clone()), five.clone()];
        assert_eq!(rollback_target(&history, &[5]), Some(7));
        assert_eq!(rollback_target(&[deleted(seven), deleted(three), five], &[5]), None);
    }

    #[test]
    fn a_second_rollback_goes_further_back() {
        let history =
            [held(1, Some(1), false), held(2, Some(2), false), held(3, Some(3), true), held(2, None, false)];
        assert_eq!(rollback_target(&history, &[2]), Some(1));
    }

    #[test]
    fn a_version_rolled_back_from_and_promoted_again_is_a_target_again() {
        let history =
            [held(1, Some(1), false), held(2, Some(2), true), held(2, Some(4), false), held(3, None, false)];
        assert_eq!(rollback_target(&history, &[3]), Some(2));
    }

    #[test]
    fn an_empty_pointer_goes_back_to_its_last_holder() {
        assert_eq!(rollback_target(&[held(1, Some(1), false), held(2, Some(2), false)], &[]), Some(2));
        assert_eq!(rollback_target(&[], &[]), None);
    }

    fn production() -> Pointer {
        Pointer::Stage(Stage::Production)
    }

    fn step(version: i64, leaves: Option<Pointer>, enters: Option<Pointer>, cause: Cause) -> Step {
        Step {
            version,
            leaves,
            enters,
            time: Timestamp(version),
            actor: "ada".to_owned(),
            cause,
            reason: None,
            deleted: false,
        }
    }

    fn shown(steps: Vec<Step>) -> Vec<(Pointer, i64, Option<i64>, bool)> {
        let line = |entry: HistoryEntry| {
            (entry.pointer, entry.version, entry.until.map(|until| until.0), entry.rolled_back)
        };
        holds(steps).into_iter().map(line).collect()
    }

    #[test]
    fn a_hold_lasts_until_its_version_leaves() {
        let archived = Pointer::Stage(Stage::Archived);
        let steps = vec![
            step(1, None, Some(production()), Cause::Move),
            step(1, Some(production()), Some(archived.clone()), Cause::Move),
            step(2, None, Some(production()), Cause::Move),
        ];
        let expected =
            [(production(), 1, Some(1), false), (archived, 1, None, false), (production(), 2, None, false)];
        assert_eq!(shown(steps), expected);
    }

    #[test]
    fn only_who_held_the_pointer_is_rolled_back_from() {
        let champion = Pointer::Alias(AliasName::parse("champion").unwrap());
        let archived = Pointer::Stage(Stage::Archived);
        let steps = vec![
            step(1, None, Some(archived.clone()), Cause::Move),
            step(2, None, Some(champion.clone()), Cause::Move),
            step(2, Some(champion.clone()), None, Cause::Rollback),
            step(1, Some(archived.clone()), Some(production()), Cause::Rollback),
        ];
        let expected =
            [(archived, 1, Some(1), false), (champion, 2, Some(2), true), (production(), 1, None, false)];
        assert_eq!(shown(steps), expected);
    }

    #[test]
    fn a_part_of_a_history_shows_the_holds_that_began_in_it() {
        let steps = vec![
            step(1, Some(production()), None, Cause::Deletion),
            step(2, None, Some(production()), Cause::Move),
        ];
        assert_eq!(shown(steps), [(production(), 2, None, false)]);
    }
}
