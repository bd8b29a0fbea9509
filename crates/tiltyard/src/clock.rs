//! The real clock, the one place of the program that asks the machine what time it is.
//! Everything else is given a [`Clock`], so that tests can move time.

use std::time::{SystemTime, UNIX_EPOCH};

use tiltyard_domain::{Clock, Timestamp};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    fn now(&self) -> Timestamp {
        // A clock that stands before 1970 is as good as none.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}
