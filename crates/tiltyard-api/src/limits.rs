//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

use std::time::Duration;

/// Seconds that an address is good for at most: a week, the bound of the large stores.
pub(crate) const EXPIRATION_SECONDS_MAX: u64 = 604_800;
/// How long an address to fetch a file is good unless a client wants another time; MLflow's five minutes.
pub(crate) const FETCH_ADDRESS_PATIENCE: Duration = Duration::from_mins(5);
/// How long an address to make a file is good unless a client wants another time; MLflow's quarter of an hour.
pub(crate) const CREATE_ADDRESS_PATIENCE: Duration = Duration::from_mins(15);
/// How long the addresses of the parts of an upload are good: less than the upload is waited for.
pub(crate) const PART_ADDRESS_PATIENCE: Duration = Duration::from_hours(12);
/// How long a client may send nothing in the middle of a body. There is no limit on the whole.
pub(crate) const BODY_PATIENCE: Duration = Duration::from_mins(1);
/// How long a client may take to send the head of a request.
pub(crate) const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long a client may take nothing of an answer that waits for it. There is no limit on the whole.
pub(crate) const ANSWER_PATIENCE: Duration = Duration::from_mins(1);
/// How long requests under way may take once the server was told to stop.
pub(crate) const DRAIN_PATIENCE: Duration = Duration::from_secs(20);
/// How long a handshake of TLS may take, from the connection on.
pub(crate) const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// How often the log says that the database is away, however many requests meet that.
pub(crate) const OUTAGE_TOLD_EVERY: Duration = Duration::from_secs(1);
/// How often the files of the certificate are looked at.
pub(crate) const CERTIFICATE_LOOKS_EVERY: Duration = Duration::from_secs(5);
/// Seconds for which a client may wait for the next entry of the journal.
pub(crate) const WAIT_SECONDS_MAX: i64 = 60;
/// How much is read from a connection at a time, and so the size of a request's head, its path included. The allocator keeps
/// several buffers for each thread that handles any, of every size that there is: large ones would take more memory than they
/// save time.
pub(crate) const READ_SIZE_BYTES: usize = 64 * 1024;
/// Bytes of a message. MLflow names no limit; a batch of 1,000 long params and tags stays well below.
pub(crate) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How long the status of an answer that may be long in coming is waited for.
pub(crate) const STATUS_PATIENCE: Duration = Duration::from_secs(15);
/// How often such an answer gives a sign of life afterwards.
pub(crate) const SIGN_OF_LIFE_PATIENCE: Duration = Duration::from_secs(10);
