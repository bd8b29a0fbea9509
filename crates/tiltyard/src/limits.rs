//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

use std::time::Duration;

/// How many experiments are searched when none is named.
pub(crate) const EXPERIMENTS_MAX: usize = 1_000;
/// How long writes that wait may take once the server was told to stop.
pub(crate) const CLOSE_PATIENCE: Duration = Duration::from_secs(10);
/// The largest page asked for at once.
pub(crate) const PAGE_MAX: usize = 200;
/// How deep folders may nest on either side.
pub(crate) const FOLDER_DEPTH_MAX: usize = 64;
