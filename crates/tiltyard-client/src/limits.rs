//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

use std::time::Duration;

/// The longest silence that is waited for when the caller names none.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long an answer may take before the caller is told that it is waited for.
pub(crate) const NOTICE_AFTER: Duration = Duration::from_secs(2);
/// How often a call that can do no harm is sent again at most.
pub(crate) const RETRIES_MAX: usize = 3;
/// How long to wait for a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
