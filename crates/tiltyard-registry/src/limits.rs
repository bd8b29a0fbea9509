//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

use std::time::Duration;

/// Entries in one answer; the newest ones.
pub(crate) const HISTORY_ENTRIES_MAX: i64 = 1_000;
/// How much of a description that cannot be read is repeated in the refusal.
pub(crate) const SHOWN_LENGTH_MAX: usize = 500;
/// How often a path may be written again while it is being opened.
pub(crate) const OPEN_ATTEMPTS_MAX: usize = 8;
/// Files that are looked for on disk at once.
pub(crate) const LOOKS_AT_ONCE_MAX: usize = 16;
/// How often the files of a version may change while it is being registered.
pub(crate) const REGISTER_ATTEMPTS_MAX: usize = 8;
/// How long an upload in parts may lie untouched before it is given up.
pub(crate) const UPLOAD_PATIENCE: Duration = Duration::from_hours(24);
/// The same while as many uploads are open as may be.
pub(crate) const UPLOAD_PATIENCE_WHEN_FULL: Duration = Duration::from_hours(1);
/// How old the note may be that an upload to an object store goes on.
pub(crate) const UPLOAD_TOUCH_PATIENCE: Duration = Duration::from_mins(5);
/// How long the answer to a request with an idempotency key is remembered: a day, by the server's clock.
pub const ANSWER_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Old answers that are forgotten when a new one is remembered; more than one, so that they become fewer.
pub(crate) const ANSWERS_FORGOTTEN_MAX: i64 = 8;
/// How often a file that clients write by themselves may change while it is being hashed.
pub(crate) const HASH_ATTEMPTS_MAX: usize = 3;
/// How long the move of a pointer waits for files that have to be hashed again.
pub(crate) const LOOK_PATIENCE: Duration = Duration::from_secs(20);
/// How long the files of a version that is read count as compared.
pub(crate) const CHECKED_AGAIN_AFTER_MS: i64 = 60_000;
