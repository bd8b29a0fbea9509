//! When to send a call again, and how often.
//! Only calls that may be repeated without harm come here: those that read, and those that the server does once.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use super::error::ClientError;
use crate::limits::RETRIES_MAX;

/// The pause before the first repetition; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Sends a call, and again when the server could not be reached or was too busy.
pub(crate) async fn persistently<T, F, Fut>(call: F) -> Result<T, ClientError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ClientError>>,
{
    let pauses = ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(RETRIES_MAX);
    call.retry(pauses.with_jitter()).when(ClientError::may_pass).await
}
