//! Time as the rules see it: Unix milliseconds, from a clock that is passed in.
//! The real clock lives in the binary; tests move one by hand.

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// Where the present comes from. The only door to it.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Timestamp;
}
