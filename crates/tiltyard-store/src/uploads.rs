//! Statements about uploads in parts to object stores: which are open, and what the object store calls them.
//! When one is given up for its age is a rule of the use cases.

use tiltyard_domain::Timestamp;

use crate::engine::{Row, params};
use crate::{Error, Read, Tx};

/// An open upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Its name here.
    pub id: String,
    /// Its name in the object store.
    pub remote: String,
    /// When anything was last done with it.
    pub touched: Timestamp,
}

fn upload(row: &dyn Row) -> Result<UploadRow, Error> {
    Ok(UploadRow { id: row.get(0)?, remote: row.get(1)?, touched: Timestamp(row.get(2)?) })
}

impl Read<'_> {
    /// An open upload of that name.
    pub fn upload(&mut self, id: &str) -> Result<Option<UploadRow>, Error> {
        self.one("SELECT id, remote, touched_ms FROM uploads WHERE id = ?1", &params![id], upload)
    }

    /// How many uploads to a place are open.
    pub fn upload_count(&mut self, place: &str) -> Result<usize, Error> {
        let count: Option<i64> =
            self.one("SELECT COUNT(*) FROM uploads WHERE place = ?1", &params![place], |row| row.get(0))?;
        Ok(count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0))
    }

    /// The uploads to a place that were not touched since, the oldest first.
    pub fn untouched_uploads(
        &mut self,
        place: &str,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<UploadRow>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT id, remote, touched_ms FROM uploads WHERE place = ?1 AND touched_ms < ?2
             ORDER BY touched_ms LIMIT ?3",
            &params![place, since.0, limit],
            upload,
        )
    }
}

impl Tx<'_> {
    /// Remembers that an upload to a place is open.
    pub fn open_upload(&mut self, place: &str, upload: &UploadRow) -> Result<(), Error> {
        self.execute(
            "INSERT INTO uploads (id, place, remote, touched_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO NOTHING",
            &params![&upload.id, place, &upload.remote, upload.touched.0],
        )
        .map(drop)
    }

    /// Notes that something was done with an upload.
    pub fn touch_upload(&mut self, id: &str, now: Timestamp) -> Result<(), Error> {
        self.execute("UPDATE uploads SET touched_ms = ?2 WHERE id = ?1", &params![id, now.0]).map(drop)
    }

    /// Closes an upload; says whether it was open.
    pub fn close_upload(&mut self, id: &str) -> Result<bool, Error> {
        Ok(self.execute("DELETE FROM uploads WHERE id = ?1", &params![id])? > 0)
    }
}
