//! Statements that list the tree of the server's own artifact store.

use crate::engine::params;
use crate::{Error, Read};

impl Read<'_> {
    /// Shows each file whose path begins with `folder`, which ends in a slash: the rest of the path, and the size.
    pub fn each_artifact_below(
        &mut self,
        folder: &str,
        mut file: impl FnMut(&str, i64),
    ) -> Result<(), Error> {
        // `0` comes right after `/` in the order of bytes.
        let behind = format!("{}0", folder.trim_end_matches('/'));
        self.each(
            "SELECT path, size_bytes FROM artifacts WHERE workspace = ?1 AND path > ?2 AND path < ?3 ORDER BY path",
            &params![self.workspace(), folder, &behind],
            |row| {
                let path: String = row.get(0)?;
                file(path.strip_prefix(folder).unwrap_or(&path), row.get(1)?);
                Ok(())
            },
        )
    }
}
