//! Statements about the places where bytes are kept.

use tiltyard_domain::entity::StoreId;

use crate::engine::params;
use crate::{Error, Read, Tx};

impl Read<'_> {
    /// Every place with its root URI.
    pub fn stores(&mut self) -> Result<Vec<(StoreId, String)>, Error> {
        self.all("SELECT id, root FROM stores ORDER BY id", &[], |row| {
            Ok((StoreId(row.get(0)?), row.get(1)?))
        })
    }
}

impl Tx<'_> {
    /// The place with that root URI; made when there is none.
    pub fn store_with_root(&mut self, root: &str) -> Result<StoreId, Error> {
        self.execute("INSERT INTO stores (root) VALUES (?1) ON CONFLICT DO NOTHING", &params![root])?;
        let id = self.one("SELECT id FROM stores WHERE root = ?1", &params![root], |row| row.get(0))?;
        id.map(StoreId).ok_or_else(|| Error::Corrupt("a place that was just made is gone".to_owned()))
    }
}
