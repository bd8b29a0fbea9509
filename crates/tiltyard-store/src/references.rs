//! Statements about who refers to which bytes, for the work that looks after stores: what nothing refers to, what is
//! condemned, and bytes that move. This work is the server's own and sees every workspace.

use std::collections::{HashMap, HashSet};

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::BlobStoreId;

use crate::artifacts::{StoredFile, stored_file};
use crate::engine::{Param, params};
use crate::{Error, Read, Tx, many};

/// A reference to bytes: which row it is, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The workspace of a path, or the version that pins.
    pub owner: i64,
    /// The path there.
    pub path: String,
    /// The bytes.
    pub file: StoredFile,
}

/// Which of the references a walk goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Referrers {
    /// What paths hold now.
    Paths,
    /// What versions pin.
    Versions,
}

/// Bytes that were given up and are not gone yet, or were but their key is not free yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condemned {
    /// The place.
    pub store: BlobStoreId,
    /// The key.
    pub key: String,
    /// How many bytes.
    pub size_bytes: i64,
}

impl Read<'_> {
    /// The references behind a place, in their own order, of all workspaces.
    pub fn references(
        &mut self,
        referrers: Referrers,
        after: (i64, &str),
        limit: usize,
    ) -> Result<Vec<Reference>, Error> {
        let sql = match referrers {
            Referrers::Paths => {
                "SELECT store, key, size_bytes, sha256, workspace, path FROM artifacts
                 WHERE (workspace, path) > (?1, ?2) ORDER BY workspace, path LIMIT ?3"
            }
            Referrers::Versions => {
                "SELECT store, key, size_bytes, sha256, version, path FROM version_files
                 WHERE (version, path) > (?1, ?2) ORDER BY version, path LIMIT ?3"
            }
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(sql, &params![after.0, after.1, limit], |row| {
            Ok(Reference { owner: row.get(4)?, path: row.get(5)?, file: stored_file(row)? })
        })
    }

    /// Those of the keys that something refers to.
    pub fn keys_referred_to(
        &mut self,
        store: BlobStoreId,
        keys: &[String],
    ) -> Result<HashSet<String>, Error> {
        let mut found = self.keys_of_paths(store, keys)?;
        found.extend(self.first_versions_of(store, keys)?.into_keys());
        Ok(found)
    }

    /// Those of the keys that a path refers to.
    pub fn keys_of_paths(&mut self, store: BlobStoreId, keys: &[String]) -> Result<HashSet<String>, Error> {
        let mut found = HashSet::new();
        let sql = "SELECT a.key FROM artifacts a WHERE a.store = ?1 AND a.key <> a.path AND a.key IN ({keys})
                   UNION SELECT a.key FROM artifacts a WHERE a.workspace IN (SELECT w.id FROM workspaces w)
                       AND a.path IN ({keys}) AND a.key = a.path AND a.store = ?1";
        self.each_of_keys(sql, store, keys, |read, sql, params| {
            read.each(sql, params, |row| {
                found.insert(row.get(0)?);
                Ok(())
            })
        })?;
        Ok(found)
    }

    /// Of the keys that versions pin, the first of those versions.
    pub fn first_versions_of(
        &mut self,
        store: BlobStoreId,
        keys: &[String],
    ) -> Result<HashMap<String, i64>, Error> {
        let mut found = HashMap::new();
        let sql = "SELECT f.key, MIN(f.version) FROM version_files f WHERE f.store = ?1 AND f.key IN ({keys})
                   GROUP BY f.key";
        self.each_of_keys(sql, store, keys, |read, sql, params| {
            read.each(sql, params, |row| {
                found.insert(row.get(0)?, row.get(1)?);
                Ok(())
            })
        })?;
        Ok(found)
    }

    fn each_of_keys(
        &mut self,
        sql: &str,
        store: BlobStoreId,
        keys: &[String],
        mut ask: impl FnMut(&mut Self, &str, &[Param<'_>]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for part in keys.chunks(many::LENGTH_MAX) {
            let keys = many::filled(part.iter().map(Param::from));
            let sql = sql.replace("{keys}", &many::places(2, keys.len()));
            let params: Vec<Param<'_>> = [Param::from(store.0)].into_iter().chain(keys).collect();
            ask(self, &sql, &params)?;
        }
        Ok(())
    }

    /// Whether a key was given up: nothing may come to refer to it.
    pub fn is_condemned(&mut self, store: BlobStoreId, key: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM condemned_blobs WHERE store = ?1 AND key = ?2";
        Ok(self.one(sql, &params![store.0, key], |_| Ok(()))?.is_some())
    }

    /// Whether what was read of a reference is so still.
    pub fn still_refers(&mut self, referrers: Referrers, reference: &Reference) -> Result<bool, Error> {
        let sql = match referrers {
            Referrers::Paths => {
                "SELECT store, key, size_bytes, sha256 FROM artifacts WHERE workspace = ?1 AND path = ?2"
            }
            Referrers::Versions => {
                "SELECT store, key, size_bytes, sha256 FROM version_files WHERE version = ?1 AND path = ?2"
            }
        };
        let found = self.one(sql, &params![reference.owner, &reference.path], stored_file)?;
        Ok(found.as_ref() == Some(&reference.file))
    }

    /// The versions behind one, at most `limit`, each with whether it is deleted: what it pins is then to be let go of.
    pub fn versions_behind(&mut self, version: i64, limit: usize) -> Result<Vec<(i64, bool)>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT id, deleted_ms IS NOT NULL AND manifest_digest IS NOT NULL FROM versions WHERE id > ?1
             ORDER BY id LIMIT ?2",
            &params![version, limit],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Bytes behind a place and key that are condemned and were not said to be gone, some of them.
    pub fn condemned(&mut self, after: (i64, &str), limit: usize) -> Result<Vec<Condemned>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT store, key, size_bytes FROM condemned_blobs
             WHERE removed_ms IS NULL AND (store, key) > (?1, ?2) ORDER BY store, key LIMIT ?3",
            &params![after.0, after.1, limit],
            |row| {
                let store = BlobStoreId(row.get(0)?);
                Ok(Condemned { store, key: row.get(1)?, size_bytes: row.get(2)? })
            },
        )
    }
}

impl Tx<'_> {
    /// Gives up those of the keys that nothing refers to, and tells which.
    pub fn condemn(&mut self, wanted: Vec<Condemned>, now: Timestamp) -> Result<Vec<Condemned>, Error> {
        let Some(store) = wanted.first().map(|first| first.store) else { return Ok(wanted) };
        let keys: Vec<String> = wanted.iter().map(|blob| blob.key.clone()).collect();
        let needed = self.keys_referred_to(store, &keys)?;
        let condemned: Vec<_> = wanted.into_iter().filter(|blob| !needed.contains(&blob.key)).collect();
        for blob in &condemned {
            self.send(
                "INSERT INTO condemned_blobs (store, key, size_bytes, condemned_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (store, key) DO UPDATE SET condemned_ms = excluded.condemned_ms, removed_ms = NULL",
                &params![store.0, &blob.key, blob.size_bytes, now.0],
            )?;
        }
        Ok(condemned)
    }

    /// Says that condemned bytes are gone. Their keys are kept from use until they are forgotten.
    pub fn set_removed(&mut self, gone: &[Condemned], now: Timestamp) -> Result<(), Error> {
        for blob in gone {
            self.send(
                "UPDATE condemned_blobs SET removed_ms = ?3 WHERE store = ?1 AND key = ?2",
                &params![blob.store.0, &blob.key, now.0],
            )?;
        }
        Ok(())
    }

    /// Gives keys back to use whose bytes went before `since`, some of them; says how many.
    pub fn forget_condemned(&mut self, since: Timestamp, limit: usize) -> Result<usize, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.execute(
            "DELETE FROM condemned_blobs WHERE (store, key) IN (
                 SELECT store, key FROM condemned_blobs WHERE removed_ms < ?1
                 ORDER BY removed_ms, store, key LIMIT ?2)",
            &params![since.0, limit],
        )
    }

    /// Lets everything that refers to some bytes refer to their copy; says how many rows did. A key may be given again to other
    /// bytes once these are gone, so digest and size are compared too.
    pub fn move_references(&mut self, from: &StoredFile, to: (BlobStoreId, &str)) -> Result<usize, Error> {
        let size_bytes = i64::try_from(from.size_bytes).unwrap_or(i64::MAX);
        let mut moved = 0;
        for sql in [
            "UPDATE version_files SET store = ?3, key = ?4
             WHERE store = ?1 AND key = ?2 AND sha256 = ?5 AND size_bytes = ?6",
            "UPDATE artifacts SET store = ?3, key = ?4
             WHERE store = ?1 AND key = ?2 AND key <> path AND sha256 = ?5 AND size_bytes = ?6",
            "UPDATE artifacts SET store = ?3, key = ?4 WHERE workspace IN (SELECT w.id FROM workspaces w)
             AND path = ?2 AND key = ?2 AND store = ?1 AND sha256 = ?5 AND size_bytes = ?6",
        ] {
            moved += self.execute(
                sql,
                &params![
                    from.store.0,
                    &from.key,
                    to.0.0,
                    to.1,
                    from.sha256.as_bytes().as_slice(),
                    size_bytes
                ],
            )?;
        }
        Ok(moved)
    }
}
