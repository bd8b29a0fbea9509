//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use tiltyard_domain::{Clock, Timestamp};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct MovingClock(AtomicI64);

impl MovingClock {
    /// A clock at 2026-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self(AtomicI64::new(1_767_225_600_000))
    }

    /// Moves it forward.
    pub fn advance_ms(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Default for MovingClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for MovingClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
