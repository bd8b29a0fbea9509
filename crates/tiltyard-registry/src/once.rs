//! Changes that happen once however often they are asked for: the answer is remembered under the client's idempotency key,
//! in the transaction of the change, and given again to whoever repeats the request. Refusals are not remembered.
//! Which requests may carry a key is said by the route table.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::idempotency::IdempotencyKey;
use tiltyard_domain::{Permit, Refusal, RefusalKind, Timestamp};
use tiltyard_store::{Keyed, Read, Remembered, Tx};

use crate::limits::{ANSWER_KEPT_MS, ANSWERS_FORGOTTEN_MAX};
use crate::{Context, Error};

/// How a change is answered, as bytes.
type Tell<T> = Arc<dyn Fn(&T) -> Vec<u8> + Send + Sync>;

/// How often a change may happen that gives a `T`: once under its key, or whenever it is asked for.
#[derive(Clone)]
pub struct Once<T>(Option<UnderKey<T>>);

#[derive(Clone)]
struct UnderKey<T> {
    keyed: Keyed,
    request: Sha256Digest,
    now: Timestamp,
    tell: Tell<T>,
}

/// What came of a request that may be a repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The change was made.
    Done(T),
    /// It was made before; this was the answer.
    Repeated(Vec<u8>),
}

impl<T> Once<T> {
    /// A request without a key: it is done whenever it comes.
    pub fn without_key() -> Self {
        Self(None)
    }

    /// A request under a key. `understood` is all that it asks for, `tell` writes the answer that is remembered.
    pub fn under_key(
        context: &Context,
        permit: &Permit,
        (operation, key): (&'static str, IdempotencyKey),
        understood: &[u8],
        tell: impl Fn(&T) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(UnderKey {
            keyed: Keyed { actor: permit.identity().name.clone(), operation, key },
            request: Sha256Digest::from_bytes(Sha256::digest(understood).into()),
            now: context.now(),
            tell: Arc::new(tell),
        }))
    }

    /// Whether the request came with a key.
    pub(crate) fn has_key(&self) -> bool {
        self.0.is_some()
    }

    /// The answer that was given to this request before. Looked for ahead of everything else: what the request needs may be
    /// gone by now.
    ///
    /// # Errors
    /// `KeyReused` when the key came with another request.
    pub async fn answered(&self, context: &Context, permit: &Permit) -> Result<Option<Vec<u8>>, Error> {
        if self.0.is_none() { Ok(None) } else { context.store().read(permit, |read| self.recall(read)).await }
    }

    /// Makes a change, unless it was made before.
    pub(crate) fn perform(
        &self,
        tx: &mut Tx<'_>,
        apply: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<Outcome<T>, Error> {
        if let Some(answer) = self.recall(tx)? {
            return Ok(Outcome::Repeated(answer));
        }
        let done = apply(tx)?;
        self.remember(tx, &done)?;
        Ok(Outcome::Done(done))
    }

    /// The answer that was given under the key, for changes that [`Once::perform`] does not fit.
    pub(crate) fn recall(&self, read: &mut Read<'_>) -> Result<Option<Vec<u8>>, Error> {
        let Some(request) = &self.0 else { return Ok(None) };
        match read.remembered_answer(&request.keyed, request.since())? {
            Some(known) if known.request != request.request => Err(reused(&request.keyed.key).into()),
            known => Ok(known.map(|known| known.answer)),
        }
    }

    /// Remembers the answer to a change that was just made, and sweeps a few that are old.
    pub(crate) fn remember(&self, tx: &mut Tx<'_>, done: &T) -> Result<(), Error> {
        let Some(request) = &self.0 else { return Ok(()) };
        let answered = Remembered { request: request.request, answer: (request.tell)(done) };
        tx.remember_answer(&request.keyed, &answered, request.since(), request.now)?;
        tx.forget_answers(request.since(), ANSWERS_FORGOTTEN_MAX)?;
        Ok(())
    }
}

impl<T> UnderKey<T> {
    /// Answers from before are forgotten.
    fn since(&self) -> Timestamp {
        Timestamp(self.now.0 - ANSWER_KEPT_MS)
    }
}

fn reused(key: &IdempotencyKey) -> Refusal {
    let message = format!(
        "The idempotency key '{}' came with another request before. Send a fresh key with each new request, and the same one \
         only to repeat a request unchanged.",
        key.as_str()
    );
    Refusal::new(RefusalKind::KeyReused, message)
}
