//! Statements about registered models: the model itself, its versions, its pointers and their history.

mod latest;
mod model;
mod origins;
mod pointers;
mod version;
mod version_pages;

pub use model::NewModel;
pub(crate) use model::{COLUMNS as MODEL_COLUMNS, keyed as model};
pub use pointers::MoveNote;
pub use version::NewVersion;
pub(crate) use version::{COLUMNS as VERSION_COLUMNS, keyed as version};

use tiltyard_domain::entity::Tag;

use crate::Error;
use crate::engine::Row;

/// Reads a tag from two columns.
fn tag(row: &dyn Row, first: usize) -> Result<Tag, Error> {
    Ok(Tag { key: row.get(first)?, value: row.get(first + 1)? })
}
