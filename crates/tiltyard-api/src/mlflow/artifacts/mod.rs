//! Artifacts: the store that clients reach through the server (`proxied`), and the same bytes seen from the run, logged
//! model or version that owns them (`owned`).

mod owned;
mod presigned;
mod proxied;
mod uploads;

use tiltyard_registry::artifacts::Entry;
use tiltyard_wire::mlflow::artifacts as wire;

use crate::table::Route;

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    [proxied::routes(), uploads::routes(), presigned::routes(), owned::routes()]
        .into_iter()
        .flatten()
        .collect()
}

/// A list as MLflow shows it, with `above` before each name. MLflow leaves out the size of an empty file.
fn files(entries: Vec<Entry>, above: &str) -> Vec<wire::FileInfo> {
    let shown = |entry: Entry| wire::FileInfo {
        path: format!("{above}{}", entry.name),
        is_dir: entry.size_bytes.is_none(),
        file_size: entry.size_bytes.filter(|size| *size > 0).and_then(|size| i64::try_from(size).ok()),
    };
    entries.into_iter().map(shown).collect()
}
