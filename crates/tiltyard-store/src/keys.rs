//! The dictionary of keys: metrics, params and tags name theirs by number, so that the large tables stay small.
//! A key that was written once stays.

use crate::engine::params;
use crate::{Error, Read, Tx};

impl Read<'_> {
    /// The number of a key, if anything was ever logged under it.
    pub(crate) fn key(&mut self, name: &str) -> Result<Option<i64>, Error> {
        self.one("SELECT id FROM keys WHERE name = ?1", &params![name], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// The number of a key; it gets one when it has none.
    pub(crate) fn key_made(&mut self, name: &str) -> Result<i64, Error> {
        if let Some(key) = self.key(name)? {
            return Ok(key);
        }
        let made = self.one(
            "INSERT INTO keys (name) VALUES (?1) ON CONFLICT DO NOTHING RETURNING id",
            &params![name],
            |row| row.get(0),
        )?;
        match made {
            Some(key) => Ok(key),
            // Another transaction made it since; now it can be seen.
            None => self.key(name)?.ok_or_else(|| Error::Corrupt(format!("the key '{name}' is gone"))),
        }
    }
}
