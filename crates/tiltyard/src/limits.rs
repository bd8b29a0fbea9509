//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

use std::time::Duration;

/// How many experiments are searched when none is named.
pub(crate) const EXPERIMENTS_MAX: usize = 1_000;
/// The most connections to PostgreSQL of one process. Each blocks a thread while it is used, and the runtime has 512 of those.
pub(crate) const CONNECTIONS_MAX: usize = 256;
/// How long writes that wait may take once the server was told to stop.
pub(crate) const CLOSE_PATIENCE: Duration = Duration::from_secs(10);
/// The longest time for which a server that is told to stop may say so before it does.
pub(crate) const DRAIN_DELAY_SECONDS_MAX: u64 = 300;
/// How long the command line asks the server to wait for the next entry of the journal.
pub(crate) const FOLLOW_WAIT: Duration = Duration::from_secs(20);
/// How long those who follow what goes on in a server leave it alone when it does not answer.
pub(crate) const FOLLOW_PAUSE: Duration = Duration::from_secs(1);
/// The largest page asked for at once.
pub(crate) const PAGE_MAX: usize = 200;
/// How long a server may be silent while it takes in and looks through the files of a version, when nobody says otherwise.
pub(crate) const REGISTER_PATIENCE: Duration = Duration::from_mins(5);
/// The longest silence that may be asked for.
pub(crate) const TIMEOUT_SECONDS_MAX: u64 = 86_400;
/// How much of a value is shown in a table on a terminal.
pub(crate) const CELL_CHARACTERS_MAX: usize = 60;
/// How deep folders may nest on either side.
pub(crate) const FOLDER_DEPTH_MAX: usize = 64;
/// How much of an `MLmodel` is read for the card of a bundle.
pub(crate) const MODEL_TEXT_BYTES_MAX: usize = 1 << 20;
/// Of how many metrics a bundle holds the history.
pub(crate) const BUNDLED_METRICS_MAX: usize = 1_000;
/// How many points of one metric a bundle holds.
pub(crate) const BUNDLED_POINTS_OF_METRIC_MAX: usize = 1_000;
/// How many points of all metrics together a bundle holds.
pub(crate) const BUNDLED_POINTS_MAX: usize = 100_000;
/// How long the name of a folder made of a model's name may be.
pub(crate) const SEGMENT_BYTES_MAX: usize = 200;
