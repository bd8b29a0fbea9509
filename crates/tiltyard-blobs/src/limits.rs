//! Every bound of this crate, public so that tests can go up to each and beyond. How large what comes in may be is the
//! caller's to say, with each call.

/// How much is collected from an incoming stream before a thread hashes and writes it.
pub const BATCH_SIZE_BYTES: usize = 512 * 1024;
/// How many pieces may be collected for that; a stream of single bytes must not cost a thread hop each.
pub(crate) const BATCH_PIECES_MAX: usize = 1024;
/// How much is read ahead for one reader.
pub const READ_CHUNK_SIZE_BYTES: usize = 512 * 1024;
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
/// How many entries of a list are gathered before they are given out.
pub const LISTED_AT_ONCE_MAX: usize = 1000;
