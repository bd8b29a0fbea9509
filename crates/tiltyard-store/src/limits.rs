//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

use std::time::Duration;

/// Writes that may wait; more are answered `Busy`.
pub(crate) const WRITES_WAITING_MAX: usize = 4_096;
/// Writes that share one commit.
pub(crate) const WRITES_PER_COMMIT_MAX: usize = 1_024;
/// How long a write waits for a place in the queue.
pub(crate) const QUEUE_PATIENCE: Duration = Duration::from_secs(10);
/// Things that a search takes and sorts where something leaves so few of them, rather than to walk to them in order.
pub(crate) const FEW_MAX: usize = 1_000;
/// Comparisons of a search for runs that are counted to see which leaves few.
pub(crate) const COUNTED_MAX: usize = 4;
/// Long reads that run at once; others wait their turn.
pub(crate) const LONG_READS_AT_ONCE_MAX: usize = 4;
/// How long a read may take, and how long it may wait for its turn.
pub(crate) const LONG_READ_DEADLINE: Duration = Duration::from_secs(30);
