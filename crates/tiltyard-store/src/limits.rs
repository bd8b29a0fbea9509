//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

use std::time::Duration;

/// Writes that may wait on SQLite; more are answered `Busy`. On PostgreSQL they are bounded by how long they wait.
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
/// How much of an SQLite file the connections that read map into memory, all of them together. What is mapped costs no call
/// of the system to read, and counts as memory of the server once for each connection.
pub(crate) const MAPPED_BYTES_MAX: usize = 128 * 1024 * 1024;
/// How long a read may take, and how long it may wait for its turn.
pub(crate) const LONG_READ_DEADLINE: Duration = Duration::from_secs(30);
/// How long PostgreSQL may take for one statement, and how long a transaction there may stand still.
pub(crate) const STATEMENT_DEADLINE: Duration = LONG_READ_DEADLINE;
/// How long an answer of PostgreSQL is waited for: longer than it takes to end a statement by itself.
pub(crate) const ANSWER_PATIENCE: Duration = Duration::from_secs(40);
/// How long connecting to one host may take, with all that is said before the first question.
pub(crate) const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take until a host answers at all, unless the address of the database says otherwise; as the next four.
pub(crate) const SOCKET_PATIENCE: Duration = Duration::from_secs(2);
/// How long what was sent may stay unacknowledged before the connection counts as cut.
pub(crate) const UNACKNOWLEDGED_PATIENCE: Duration = Duration::from_secs(10);
/// After how much silence a connection is looked at.
pub(crate) const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
/// How often it is then looked at.
pub(crate) const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
/// How often in vain before it counts as cut.
pub(crate) const KEEPALIVES_MAX: u32 = 3;
/// How long a connection may lie idle and be used again: less than firewalls remember one.
pub(crate) const IDLE_MAX: Duration = Duration::from_mins(3);
/// How long the connection that listens for changes may take to answer.
pub(crate) const LISTENER_PATIENCE: Duration = Duration::from_secs(2);
/// How often that connection is looked at while nothing comes.
pub(crate) const LISTENER_LOOKS_EVERY: Duration = Duration::from_secs(5);
/// How long to rest before it is opened anew, at first; each attempt that fails doubles it.
pub(crate) const LISTENER_REST: Duration = Duration::from_millis(50);
/// How long to rest at most.
pub(crate) const LISTENER_REST_MAX: Duration = Duration::from_secs(1);
/// How long a request waits for a free connection.
pub(crate) const POOL_PATIENCE: Duration = Duration::from_secs(10);
/// How long a write waits for the turn among replicas, or for a row.
pub(crate) const TURN_PATIENCE: Duration = Duration::from_secs(10);
/// How often a body is run when others keep coming first.
pub(crate) const ATTEMPTS_MAX: u32 = 10;
/// How long each statement that brings the schema up to date may take, and how long to wait for another replica that is at it.
pub(crate) const MIGRATION_PATIENCE: Duration = Duration::from_hours(1);
/// How long bringing the schema up to date waits for a table. Everybody who comes later to that table waits behind it.
pub(crate) const TABLE_PATIENCE: Duration = Duration::from_secs(3);
/// How often it is tried while tables are held by others.
pub(crate) const TABLE_ATTEMPTS_MAX: u32 = 20;
/// How long others go first between two such attempts.
pub(crate) const TABLE_REST: Duration = Duration::from_secs(1);
