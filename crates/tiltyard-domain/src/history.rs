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
    /// The journal entry of the move that it is part of.
    pub journal: i64,
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
            holds[place].left_by = Some(step.journal);
            holds[place].rolled_back = step.cause == Cause::Rollback && can_be_rolled_back(&left);
        }
        if let Some(pointer) = step.enters {
            lasting.insert((pointer.clone(), step.version), holds.len());
            holds.push(HistoryEntry {
                pointer,
                version: step.version,
                since: step.time,
                until: None,
                left_by: None,
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

/// What a rollback does to a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retreat {
    /// The version that leaves; none where nobody holds the pointer.
    pub from: Option<i64>,
    /// The version that holds the pointer afterwards. It may hold it already.
    pub to: i64,
}

/// Where a rollback of a pointer goes. `history` is the pointer's own, oldest first.
///
/// A rollback takes back the newest entry that still lasts: of those who hold the pointer, who came last leaves. What
/// remains is as it was without that version:
///
/// - Where others hold the pointer too, since they were not archived, they stay. The one of them that came last is the
///   version rolled back to; nobody enters.
/// - Where nobody else holds it, the version that held it last comes back: the last to leave, and of those that left by one
///   move, the last to have entered. Deleted versions do not come back, nor does one that was itself rolled back from,
///   unless it was moved to the pointer again since.
/// - Where nobody holds it at all, the version that held it last comes back in the same way, and nobody leaves.
///
/// Where there is no such version, there is no way back, and nothing leaves: a rollback never empties a pointer.
pub fn rollback_target(history: &[HistoryEntry]) -> Option<Retreat> {
    let from = history.iter().rev().find(|entry| entry.until.is_none()).map(|entry| entry.version);
    // A version may have been rolled back from and moved there again since: its newest hold, the last put in, speaks for it.
    let newest: HashMap<i64, (usize, &HistoryEntry)> =
        history.iter().enumerate().map(|(place, entry)| (entry.version, (place, entry))).collect();
    let (_, target) = newest
        .into_values()
        .filter(|(_, entry)| Some(entry.version) != from && !entry.deleted && !entry.rolled_back)
        .max_by_key(|(place, entry)| (entry.left_by.unwrap_or(i64::MAX), *place))?;
    Some(Retreat { from, to: target.version })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pointer::AliasName;

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
            journal: version,
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

    /// The history of moves such as `-1 +2; back -2 +1`, in which versions leave and enter, at one moment by the clock.
    fn history_of(moves: &str, deleted: &[i64]) -> Vec<HistoryEntry> {
        let step_of = |journal: i64, cause: Cause, word: &str| {
            let version: i64 = word[1..].parse().unwrap();
            let (leaves, enters) =
                if word.starts_with('-') { (Some(production()), None) } else { (None, Some(production())) };
            let deleted = deleted.contains(&version);
            Step { journal, deleted, time: Timestamp(7), ..step(version, leaves, enters, cause) }
        };
        let moves = (1..).zip(moves.split(';').map(str::trim));
        holds(moves.flat_map(|(journal, text)| {
            let (cause, words) =
                text.strip_prefix("back").map_or((Cause::Move, text), |words| (Cause::Rollback, words));
            words.split_whitespace().map(move |word| step_of(journal, cause, word)).collect::<Vec<_>>()
        }))
    }

    #[track_caller]
    fn goes(moves: &str, deleted: &[i64], expected: Option<(Option<i64>, i64)>) {
        let expected = expected.map(|(from, to)| Retreat { from, to });
        assert_eq!(rollback_target(&history_of(moves, deleted)), expected, "{moves}, deleted {deleted:?}");
    }

    #[test]
    fn a_rollback_goes_by_history_and_not_by_number() {
        goes("+1; -1 +2", &[], Some((Some(2), 1)));
        goes("+7; -7 +3; -3 +5", &[], Some((Some(5), 3)));
        goes("+7; -7 +3; -3 +5", &[3], Some((Some(5), 7)));
        goes("+7; -7 +3; -3 +5", &[3, 7], None);
        goes("+1", &[], None);
    }

    #[test]
    fn a_second_rollback_goes_further_back() {
        goes("+1; -1 +2; -2 +3; back -3 +2", &[], Some((Some(2), 1)));
        goes("+1; -1 +2; back -2 +1", &[], None);
        goes("+1; -1 +2; back -2 +1; -1 +2; -2 +3", &[], Some((Some(3), 2)));
    }

    #[test]
    fn of_several_holders_the_newest_leaves_and_the_others_stay() {
        goes("+1; +2", &[], Some((Some(2), 1)));
        goes("+2; +1", &[], Some((Some(1), 2)));
        goes("+1; +2; +3", &[], Some((Some(3), 2)));
        goes("+1; +2; +3; back -3", &[], Some((Some(2), 1)));
        goes("+1; +2; +3; back -3; back -2", &[], None);
        goes("+1; +2; +3; back -3; +3", &[], Some((Some(3), 2)));
        goes("+1; +2; +3; -1", &[], Some((Some(3), 2)));
        goes("+1; +2; +3; -3; +4", &[], Some((Some(4), 2)));
    }

    #[test]
    fn of_those_that_left_the_last_to_leave_comes_back() {
        goes("+1; +2; -2; -1 +3", &[], Some((Some(3), 1)));
        goes("+1; +2; -1 -2 +3", &[], Some((Some(3), 2)));
        goes("+2; +1; -1 -2 +3", &[], Some((Some(3), 1)));
        goes("+1; +2; -1 -2 +3; back -3 +2", &[], Some((Some(2), 1)));
        goes("+1; +2; back -2; -1 +3", &[], Some((Some(3), 1)));
    }

    #[test]
    fn an_empty_pointer_goes_back_to_its_last_holder() {
        goes("+1; -1", &[], Some((None, 1)));
        goes("+1; -1 +2; -2", &[], Some((None, 2)));
        goes("+1; -1 +2; -2", &[2], Some((None, 1)));
        goes("", &[], None);
    }
}
