//! Every bound of this crate, public so that tests can go up to each and beyond. How large what comes in may be is the
//! caller's to say, with each call.

use std::time::Duration;

/// How much is collected from an incoming stream before a thread hashes and writes it.
pub const BATCH_SIZE_BYTES: usize = 512 * 1024;
/// How many pieces may be collected for that; a stream of single bytes must not cost a thread hop each.
pub(crate) const BATCH_PIECES_MAX: usize = 1024;
/// How much is read ahead for one reader.
pub const READ_CHUNK_SIZE_BYTES: usize = 128 * 1024;
/// The largest part number, as S3 has it.
pub const PART_NUMBER_MAX: u16 = 10_000;
/// How many multipart uploads may be open at once.
pub const OPEN_UPLOADS_MAX: usize = 1000;
/// How many server processes may share one root.
pub(crate) const PROCESSES_MAX: u32 = 64;
/// How many folders a process remembers as safely on disk; forgetting one costs a sync.
pub(crate) const REMEMBERED_FOLDERS_MAX: usize = 65_536;
/// How often an upload's folder is emptied before it is taken away; a part may slip in meanwhile.
pub(crate) const REMOVE_ATTEMPTS_MAX: usize = 3;
/// How long a file of sealing keys may be.
pub(crate) const KEY_FILE_SIZE_BYTES_MAX: u64 = 64 * 1024;
/// How many sealing keys a store may have.
pub(crate) const SEALING_KEYS_MAX: usize = 64;
/// How long what a store calls a part may be.
pub(crate) const PART_TAG_SIZE_BYTES_MAX: usize = 256;
/// How many entries of a list are gathered before they are given out.
pub const LISTED_AT_ONCE_MAX: usize = 1000;

/// How much of an incoming stream a cloud store is sent at once, unless a huge file needs larger parts. Files up to this
/// are held in memory until they get their key. It is the smallest part that S3 takes.
pub const PART_SIZE_BYTES: usize = 5 * 1024 * 1024;
/// How many parts a file may have; S3 and Google take no more.
pub(crate) const PARTS_MAX: u64 = 10_000;
/// The largest part that clients may send through the server to a cloud store: it is held in memory.
pub const FORWARDED_PART_SIZE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How much may be held in memory at once for all that is on its way into one cloud store.
pub const IN_MEMORY_SIZE_BYTES_MAX: usize = 320 * 1024 * 1024;
/// How long an upload waits until it may hold a part in memory.
pub(crate) const TURN_PATIENCE: Duration = Duration::from_mins(1);
/// How long a key may be in a cloud store; what is longer gets a minted one.
pub(crate) const CLOUD_KEY_SIZE_BYTES_MAX: usize = 1024;
/// How long opening a cloud store may take.
pub(crate) const OPENING_PATIENCE: Duration = Duration::from_secs(20);
/// How long a cloud store may take to accept a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a cloud store may be silent.
pub(crate) const SILENCE_TIMEOUT: Duration = Duration::from_mins(2);
/// How often a request to a cloud store is sent again when it failed on the way or over there.
pub(crate) const RETRIES_MAX: usize = 5;
/// For how long after its first attempt a request is sent again.
pub(crate) const RETRY_PATIENCE: Duration = Duration::from_secs(30);
/// How often the ledger is told that an upload goes on, in parts of the patience that sweeps have.
pub(crate) const TOUCH_PATIENCE: Duration = Duration::from_mins(10);
/// For how long an upload counts as going on that is joined and read back: nobody gives it up meanwhile.
pub(crate) const JOINING_PATIENCE: Duration = Duration::from_hours(12);
/// How many addresses are signed at once; where no key is at hand, each is a request.
pub(crate) const SIGNED_AT_ONCE_MAX: usize = 16;
/// How many uploads one sweep looks at before it asks for more.
pub(crate) const SWEPT_AT_ONCE_MAX: usize = 100;
/// How much of what a cloud store says about a failure is repeated.
pub(crate) const SAID_CHARS_MAX: usize = 400;
/// How many parts of one file are on their way into a bucket at once, when it is written for others.
pub(crate) const EXPORTED_PARTS_AT_ONCE_MAX: usize = 4;
