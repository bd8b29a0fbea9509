//! The name that a client gives to one wish, so that asking again is not wishing twice.
//! How it travels is the wire's affair; what is remembered under it, the store's.

use crate::{Refusal, limits};

/// An idempotency key: some visible ASCII characters, chosen by the client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads a key.
    ///
    /// # Errors
    /// `InvalidValue` when it is empty, too long, or has other characters than visible ASCII and spaces.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let length_max = limits::IDEMPOTENCY_KEY_LENGTH_MAX;
        let is_visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if text.is_empty() || text.len() > length_max || !is_visible {
            return Err(Refusal::invalid(format!(
                "An idempotency key has 1 to {length_max} visible ASCII characters. Send a fresh UUID, for example."
            )));
        }
        Ok(Self(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_visible() {
        let longest = "k".repeat(limits::IDEMPOTENCY_KEY_LENGTH_MAX);
        for good in ["k", "8e03978e-40d5-43dd-bc93-6894a57f9324", "two words", &longest] {
            assert_eq!(IdempotencyKey::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a\tb", "\u{e9}", &format!("{longest}k")] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
    }
}
