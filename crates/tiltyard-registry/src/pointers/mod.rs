//! Pointers move: stages, aliases, rollbacks. Every way to move one ends in [`carry_out`].

mod alias;
mod observed;
mod rollback;
mod transition;

pub use alias::{remove_alias, set_alias};
pub use rollback::{Rollback, RolledBack, rollback};
pub use transition::{Transition, transition};

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Model;
use tiltyard_domain::promotion::{self, Cause, MoveFacts, Movement, Unmet};
use tiltyard_store::{MoveNote, Tx};

use crate::Error;
use crate::journal::Author;

/// What a move is called in the journal and the history.
pub(crate) struct Move {
    pub(crate) action: &'static str,
    pub(crate) version: Option<i64>,
    pub(crate) detail: String,
    pub(crate) cause: Cause,
    pub(crate) reason: Option<String>,
}

/// What a transaction that asked for a move gives: what was wanted, or what the policy still requires. Both commit, since the
/// journal keeps refusals too.
pub(crate) type Guarded<T> = Result<T, Vec<Unmet>>;

/// Turns what the transaction gave into the use case's answer.
pub(crate) fn answer<T>(guarded: Guarded<T>) -> Result<T, Error> {
    guarded.map_err(Error::Unmet)
}

/// Decides on moves and, when they are cleared, makes them and what goes with them; writes the journal either way.
pub(crate) fn carry_out<T>(
    tx: &mut Tx<'_>,
    permit: &Permit,
    author: &Author,
    model: &Model,
    movements: Vec<Movement>,
    what: Move,
    then: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<Guarded<T>, Error> {
    let facts =
        MoveFacts { model: model.id, pointer_revision: model.pointer_revision, movements, cause: what.cause };
    let cleared = match promotion::decide(permit, facts) {
        Ok(cleared) => cleared,
        Err(unmet) => {
            let reasons: Vec<&str> = unmet.iter().map(|unmet| unmet.reason.as_str()).collect();
            author.write(tx, "move.refused", &model.name, what.version, reasons.join("; "))?;
            return Ok(Err(unmet));
        }
    };
    let journal = author.write(tx, what.action, &model.name, what.version, what.detail)?;
    let note = MoveNote { journal, now: author.now, reason: what.reason };
    tx.move_pointers(cleared, &note)?;
    then(tx).map(Ok)
}
