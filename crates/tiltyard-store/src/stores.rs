//! Statements about places: the roots of artifact URIs that clients are shown, and where the server itself keeps bytes.

use tiltyard_domain::entity::{BlobStoreId, StoreId};

use crate::engine::params;
use crate::{Error, Read, Tx};

impl Read<'_> {
    /// Every root of artifact URIs.
    pub fn stores(&mut self) -> Result<Vec<(StoreId, String)>, Error> {
        self.all("SELECT id, root FROM stores ORDER BY id", &[], |row| {
            Ok((StoreId(row.get(0)?), row.get(1)?))
        })
    }

    /// Every place where bytes are or were kept, with its destination.
    pub fn blob_stores(&mut self) -> Result<Vec<(BlobStoreId, String)>, Error> {
        self.all("SELECT id, destination FROM blob_stores ORDER BY id", &[], |row| {
            Ok((BlobStoreId(row.get(0)?), row.get(1)?))
        })
    }
}

impl Tx<'_> {
    /// The root with that URI; made when there is none.
    pub fn store_with_root(&mut self, root: &str) -> Result<StoreId, Error> {
        self.execute("INSERT INTO stores (root) VALUES (?1) ON CONFLICT DO NOTHING", &params![root])?;
        let id = self.one("SELECT id FROM stores WHERE root = ?1", &params![root], |row| row.get(0))?;
        id.map(StoreId).ok_or_else(|| Error::Corrupt("a root that was just made is gone".to_owned()))
    }

    /// Gives a place for bytes another destination. Nothing in it is moved by this.
    pub fn rename_blob_store(&mut self, id: BlobStoreId, destination: &str) -> Result<(), Error> {
        self.execute(
            "UPDATE uploads SET place = ?1 WHERE place = (SELECT b.destination FROM blob_stores b WHERE b.id = ?2)",
            &params![destination, id.0],
        )?;
        self.execute("UPDATE blob_stores SET destination = ?1 WHERE id = ?2", &params![destination, id.0])?;
        Ok(())
    }

    /// The place for bytes at that destination; made when there is none.
    pub fn blob_store_at(&mut self, destination: &str) -> Result<BlobStoreId, Error> {
        self.execute(
            "INSERT INTO blob_stores (destination) VALUES (?1) ON CONFLICT DO NOTHING",
            &params![destination],
        )?;
        let sql = "SELECT id FROM blob_stores WHERE destination = ?1";
        let id = self.one(sql, &params![destination], |row| row.get(0))?;
        id.map(BlobStoreId)
            .ok_or_else(|| Error::Corrupt("a place for bytes that was just made is gone".to_owned()))
    }
}
