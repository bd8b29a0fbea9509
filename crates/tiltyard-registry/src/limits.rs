//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

use std::time::Duration;

/// Entries of a model's history in one answer; the newest ones.
pub const HISTORY_ENTRIES_MAX: i64 = 1_000;
/// Entries in one page of the whole journal.
pub const JOURNAL_PAGE_MAX: i64 = 1_000;
/// Who may wait for the next entry of the journal at once.
pub(crate) const FOLLOWERS_MAX: usize = 4_096;
/// Pages of the journal that are kept for those who wait for the same one.
pub(crate) const SHARED_PAGES_MAX: usize = 64;
/// How often the journal is looked at for those who wait, where no sign of a change comes.
pub(crate) const FEED_LOOKS_EVERY: Duration = Duration::from_secs(5);
/// How long those who wait for the journal rest when it could not be read.
pub(crate) const FEED_REST: Duration = Duration::from_secs(1);
/// How long the database and the artifact store may take to show that they are there.
pub(crate) const READINESS_PATIENCE: Duration = Duration::from_secs(2);
/// For how long the answer to a probe is given again.
pub(crate) const READINESS_KEPT: Duration = Duration::from_secs(1);
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
/// For how long a place that could not be opened is not tried again.
pub(crate) const PLACE_TRIED_AGAIN_AFTER_MS: i64 = 30_000;
/// How long a job is held without a word of who works on it: time enough for a busy disk, and soon over when a replica dies.
pub(crate) const LEASE_MS: i64 = 60_000;
/// How long bytes that nothing refers to are left alone, unless told otherwise: they may be on their way in.
pub const GRACE_MS: i64 = 24 * 60 * 60 * 1_000;
/// The longest that may be told: ten years.
pub(crate) const GRACE_MS_MAX: i64 = 10 * 366 * GRACE_MS;
/// How long the key of collected bytes is out of use, for those who were slow to remove them.
pub(crate) const CONDEMNED_KEPT_MS: i64 = 60 * 60 * 1_000;
/// Keys that one piece of a job looks at.
pub(crate) const KEYS_PER_PIECE_MAX: usize = 500;
/// Runs, logged models or experiments that one piece of a job purges.
pub(crate) const PURGED_PER_PIECE_MAX: usize = 100;
/// Runs that one transaction deletes or restores with their experiment.
pub(crate) const RUNS_DELETED_AT_ONCE_MAX: usize = 5_000;
/// Rows of one table that one transaction clears.
pub(crate) const ROWS_CLEARED_MAX: usize = 5_000;
/// How long what was deleted can be restored, unless told otherwise: thirty days.
pub const RESTORABLE_MS: i64 = 30 * GRACE_MS;
/// References that one piece of a job looks at.
pub(crate) const REFERENCES_PER_PIECE_MAX: usize = 256;
/// Files that are copied at once from one place to another.
pub(crate) const COPIES_AT_ONCE_MAX: usize = 4;
/// Findings of one job that are kept; more are counted.
pub(crate) const FINDINGS_MAX: usize = 100_000;
/// Findings of earlier jobs that one transaction forgets.
pub(crate) const FINDINGS_FORGOTTEN_MAX: usize = 1_000;
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
