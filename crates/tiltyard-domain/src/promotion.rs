//! May a pointer move? `decide` answers from facts alone; its `Cleared` is the only thing that the store accepts
//! as a reason to move one. Gathering the facts and writing the move belong to the use case and the store.

use crate::access::Permit;
use crate::pointer::{AliasName, Stage};

/// One change of who holds a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Movement {
    /// A version leaves one stage for another.
    Stage {
        /// The version's number.
        version: i64,
        /// Where it stood.
        from: Stage,
        /// Where it goes.
        to: Stage,
    },
    /// An alias points at a version; `from` held it before.
    AliasSet {
        /// The alias.
        alias: AliasName,
        /// Its holder before, if any.
        from: Option<i64>,
        /// Its holder from now on.
        to: i64,
    },
    /// An alias is taken away from its holder.
    AliasRemoved {
        /// The alias.
        alias: AliasName,
        /// Its holder before.
        from: i64,
    },
}

/// Why pointers move; kept in their history, because a rollback must know which moves were rollbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Somebody moved the pointer forward.
    Move,
    /// Somebody went back to an earlier holder.
    Rollback,
    /// The holder was deleted.
    Deletion,
}

impl Cause {
    /// The word that the history keeps.
    pub fn name(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Rollback => "rollback",
            Self::Deletion => "deletion",
        }
    }

    /// Reads what [`Cause::name`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Move, Self::Rollback, Self::Deletion].into_iter().find(|cause| cause.name() == text)
    }
}

/// What was asked for, and what the transaction saw of the model when it asked.
#[derive(Debug, Clone)]
pub struct MoveFacts {
    /// The store's key of the model.
    pub model: i64,
    /// How often the model's pointers had moved; the write compares and sets it.
    pub pointer_revision: i64,
    /// The moves, all of which happen or none.
    pub movements: Vec<Movement>,
    /// Why.
    pub cause: Cause,
}

/// One requirement that a policy makes and the facts do not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What is required and what was found, a full sentence.
    pub reason: String,
}

/// Leave to make exactly the moves it carries, once. Made only by [`decide`]; cannot be cloned; the store consumes it.
#[derive(Debug)]
pub struct Cleared {
    facts: MoveFacts,
}

impl Cleared {
    /// What was decided on. Consumes the leave, so that it is used once.
    pub fn into_facts(self) -> MoveFacts {
        self.facts
    }
}

/// Decides whether the moves may happen. The policy of this release is `open`, MLflow's own behaviour: whoever holds a
/// permit may move any pointer.
///
/// # Errors
/// The list of unmet requirements; `open` has none.
pub fn decide(_permit: &Permit, facts: MoveFacts) -> Result<Cleared, Vec<Unmet>> {
    Ok(Cleared { facts })
}
