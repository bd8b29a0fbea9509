//! Idempotency keys: the name of one wish, under which a server does it once however often it hears of it.

use std::fmt;

/// The header that carries a key.
pub(crate) const HEADER: &str = "idempotency-key";

/// A key that nobody has used before. Its text is what the header holds, quotes included.
pub(crate) struct Key(uuid::Uuid);

impl Key {
    #[expect(clippy::disallowed_methods, reason = "the one door to randomness on the client's side")]
    pub(crate) fn fresh() -> Self {
        Self(uuid::Uuid::new_v4())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0)
    }
}
