//! Every bound of this crate. Bounds on the size of what comes in are the caller's and passed with each call.

/// How much is collected from an incoming stream before a thread hashes and writes it.
pub const BATCH_SIZE_BYTES: usize = 512 * 1024;
/// How many pieces may be collected for that; a stream of single bytes must not cost a thread hop each.
pub const BATCH_PIECES_MAX: usize = 1024;
/// How much is read ahead for one reader.
pub const READ_CHUNK_SIZE_BYTES: usize = 512 * 1024;
/// The largest part number, as S3 has it.
pub const PART_NUMBER_MAX: u16 = 10_000;
/// How many multipart uploads may be open at once.
pub const OPEN_UPLOADS_MAX: usize = 1000;
/// How many server processes may share one root.
pub const PROCESSES_MAX: u32 = 64;
/// How many folders a process remembers as safely on disk; forgetting one costs a sync.
pub const REMEMBERED_FOLDERS_MAX: usize = 65_536;
/// A part may slip into the folder while it is being emptied.
pub const REMOVE_ATTEMPTS_MAX: usize = 3;
