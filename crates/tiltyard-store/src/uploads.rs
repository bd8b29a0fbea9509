//! Statements about uploads in parts to object stores: which are open, and what the object store calls them.
//! When one is given up for its age is a rule of the use cases.

use std::collections::HashSet;

use tiltyard_domain::Timestamp;

use crate::engine::{Param, Row, params};
use crate::{Error, Read, Tx, many};

/// An open upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Its name here.
    pub id: String,
    /// Its name in the object store.
    pub remote: String,
    /// Until when it is known to go on: when anything was last done with it, or the end of what was handed out for it.
    pub touched: Timestamp,
    /// The digest of the list of parts that it is being joined from, once it is.
    pub joining: Option<String>,
}

fn upload(row: &dyn Row) -> Result<UploadRow, Error> {
    let touched = Timestamp(row.get(2)?);
    Ok(UploadRow { id: row.get(0)?, remote: row.get(1)?, touched, joining: row.get(3)? })
}

impl Read<'_> {
    /// An open upload of that name to a place.
    pub fn upload(&mut self, place: &str, id: &str) -> Result<Option<UploadRow>, Error> {
        self.one(
            "SELECT id, remote, touched_ms, joining FROM uploads WHERE id = ?1 AND place = ?2",
            &params![id, place],
            upload,
        )
    }

    /// Those of some names that open uploads have, to whatever place.
    pub fn open_uploads(&mut self, ids: &[String]) -> Result<HashSet<String>, Error> {
        let mut found = HashSet::new();
        for part in ids.chunks(many::LENGTH_MAX) {
            let params = many::filled(part.iter().map(Param::from));
            let sql = format!("SELECT id FROM uploads WHERE id IN ({})", many::places(1, params.len()));
            self.each(&sql, &params, |row| {
                found.insert(row.get(0)?);
                Ok(())
            })?;
        }
        Ok(found)
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
            "SELECT id, remote, touched_ms, joining FROM uploads WHERE place = ?1 AND touched_ms < ?2
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
            "INSERT INTO uploads (id, place, remote, touched_ms, joining) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO NOTHING",
            &params![&upload.id, place, &upload.remote, upload.touched.0, upload.joining.as_deref()],
        )
        .map(drop)
    }

    /// Notes until when an upload is known to go on.
    pub fn touch_upload(&mut self, place: &str, id: &str, until: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE uploads SET touched_ms = ?3 WHERE id = ?1 AND place = ?2";
        self.execute(sql, &params![id, place, until.0]).map(drop)
    }

    /// Notes that an upload is being joined from a list of parts. Says whether that is so: it must be open, and not being joined
    /// from another one.
    pub fn begin_joining(&mut self, place: &str, id: &str, list: &str) -> Result<bool, Error> {
        let sql = "UPDATE uploads SET joining = ?3
                   WHERE id = ?1 AND place = ?2 AND (joining IS NULL OR joining = ?3)";
        Ok(self.execute(sql, &params![id, place, list])? > 0)
    }

    /// Notes that nothing could be joined from that list.
    pub fn end_joining(&mut self, place: &str, id: &str, list: &str) -> Result<(), Error> {
        let sql = "UPDATE uploads SET joining = NULL WHERE id = ?1 AND place = ?2 AND joining = ?3";
        self.execute(sql, &params![id, place, list]).map(drop)
    }

    /// Closes an upload; says whether it was open.
    pub fn close_upload(&mut self, place: &str, id: &str) -> Result<bool, Error> {
        Ok(self.execute("DELETE FROM uploads WHERE id = ?1 AND place = ?2", &params![id, place])? > 0)
    }
}
