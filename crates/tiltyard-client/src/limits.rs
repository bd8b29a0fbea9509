//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

use std::time::Duration;

/// The longest silence that is waited for.
pub(crate) const SILENCE_MAX: Duration = Duration::from_mins(2);
/// How often a call that can do no harm is sent again at most.
pub(crate) const RETRIES_MAX: usize = 3;
/// How long to wait for a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
