//! Statements about the tree of the server's own artifact store: which path holds which bytes.
//! Files that versions pin stand in `pins`; what a path may be is a rule and stands in the domain.

use tiltyard_domain::Timestamp;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::entity::BlobStoreId;

use crate::engine::{Param, Row, params};
use crate::{Error, Read, Tx};

/// Ancestors of a path that one statement asks about; deeper paths take another.
const ANCESTORS_PER_STATEMENT: usize = 8;

/// What lies under a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The place where its bytes are.
    pub store: BlobStoreId,
    /// The name of the bytes there.
    pub key: String,
    /// How many there are.
    pub size_bytes: u64,
    /// Their digest.
    pub sha256: Sha256Digest,
}

/// A stretch of paths in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where it begins; not part of it.
    pub after: String,
    /// Where it ends; not part of it.
    pub before: String,
}

impl Span {
    /// Everything inside a folder, or inside the whole tree.
    pub fn inside(folder: Option<&ArtifactPath>) -> Self {
        let after = folder.map_or_else(String::new, |folder| format!("{folder}/"));
        Self { before: Self::behind(&after), after }
    }

    /// A text behind all paths that begin with `start`, and before all others that come after it: no segment of a path is
    /// as long as what is appended here.
    pub fn behind(start: &str) -> String {
        start.to_owned() + &"\u{10ffff}".repeat(64)
    }
}

/// Bytes that a path no longer refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// The place where the bytes are.
    pub store: BlobStoreId,
    /// The name of the bytes there.
    pub key: String,
    /// Whether something else still refers to them.
    pub is_needed: bool,
}

/// Reads a file from the first four columns: store, key, size, digest.
pub(crate) fn stored_file(row: &dyn Row) -> Result<StoredFile, Error> {
    Ok(StoredFile {
        store: BlobStoreId(row.get(0)?),
        key: row.get(1)?,
        size_bytes: size(row.get(2)?)?,
        sha256: digest(&row.get::<Vec<u8>>(3)?)?,
    })
}

fn path_and_size(row: &dyn Row) -> Result<(String, u64), Error> {
    Ok((row.get(0)?, size(row.get(1)?)?))
}

pub(crate) fn size(bytes: i64) -> Result<u64, Error> {
    u64::try_from(bytes).map_err(|_| Error::Corrupt(format!("a file of {bytes} bytes")))
}

pub(crate) fn digest(bytes: &[u8]) -> Result<Sha256Digest, Error> {
    let bytes = bytes.try_into().map_err(|_| Error::Corrupt("a digest that has not 32 bytes".to_owned()))?;
    Ok(Sha256Digest::from_bytes(bytes))
}

fn detached(row: &dyn Row) -> Result<Detached, Error> {
    Ok(Detached { store: BlobStoreId(row.get(0)?), key: row.get(1)?, is_needed: row.get(2)? })
}

impl Read<'_> {
    /// The file at a path.
    pub fn artifact(&mut self, path: &ArtifactPath) -> Result<Option<StoredFile>, Error> {
        self.one(
            "SELECT store, key, size_bytes, sha256 FROM artifacts WHERE workspace = ?1 AND path = ?2",
            &params![self.workspace(), path.as_str()],
            stored_file,
        )
    }

    /// Whether anything lies inside the folder.
    pub fn is_artifact_folder(&mut self, folder: &ArtifactPath) -> Result<bool, Error> {
        let span = Span::inside(Some(folder));
        let any = self.one(
            "SELECT 1 FROM artifacts WHERE workspace = ?1 AND path > ?2 AND path < ?3 LIMIT 1",
            &params![self.workspace(), &span.after, &span.before],
            |_| Ok(()),
        )?;
        Ok(any.is_some())
    }

    /// The first paths of a stretch with the sizes of their files, in the order of their bytes.
    pub fn artifacts_in(&mut self, span: &Span, limit: usize) -> Result<Vec<(String, u64)>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT path, size_bytes FROM artifacts WHERE workspace = ?1 AND path > ?2 AND path < ?3
             ORDER BY path LIMIT ?4",
            &params![self.workspace(), &span.after, &span.before, limit],
            path_and_size,
        )
    }

    /// The first files of a stretch with their paths, in the order of their bytes.
    pub fn artifact_files_in(
        &mut self,
        span: &Span,
        limit: usize,
    ) -> Result<Vec<(String, StoredFile)>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT store, key, size_bytes, sha256, path FROM artifacts WHERE workspace = ?1 AND path > ?2 AND path < ?3
             ORDER BY path LIMIT ?4",
            &params![self.workspace(), &span.after, &span.before, limit],
            |row| Ok((row.get(4)?, stored_file(row)?)),
        )
    }

    /// A file that stands where the path would need a folder.
    pub fn artifact_above(&mut self, path: &ArtifactPath) -> Result<Option<String>, Error> {
        let folders: Vec<&str> =
            path.as_str().match_indices('/').map(|(slash, _)| &path.as_str()[..slash]).collect();
        for some in folders.chunks(ANCESTORS_PER_STATEMENT) {
            let file = self.any_artifact_of(some)?;
            if file.is_some() {
                return Ok(file);
            }
        }
        Ok(None)
    }

    fn any_artifact_of(&mut self, paths: &[&str]) -> Result<Option<String>, Error> {
        let mut params = [Param::Null; ANCESTORS_PER_STATEMENT + 1];
        params[0] = self.workspace().into();
        for (param, path) in params[1..].iter_mut().zip(paths) {
            *param = (*path).into();
        }
        self.one(
            "SELECT path FROM artifacts
             WHERE workspace = ?1 AND path IN (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) LIMIT 1",
            &params,
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// Lets a path refer to other bytes, and tells which it referred to before.
    pub fn put_artifact(
        &mut self,
        path: &ArtifactPath,
        file: &StoredFile,
        now: Timestamp,
    ) -> Result<Option<Detached>, Error> {
        let workspace = self.workspace();
        let before = self.one(
            "SELECT a.store, a.key,
                 EXISTS (SELECT 1 FROM version_files f WHERE f.store = a.store AND f.key = a.key)
             FROM artifacts a WHERE a.workspace = ?1 AND a.path = ?2",
            &params![workspace, path.as_str()],
            detached,
        )?;
        let size_bytes = i64::try_from(file.size_bytes)
            .map_err(|_| Error::Corrupt(format!("a file of {} bytes", file.size_bytes)))?;
        self.execute(
            "INSERT INTO artifacts (workspace, path, store, key, size_bytes, sha256, written_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (workspace, path) DO UPDATE SET store = excluded.store, key = excluded.key,
             size_bytes = excluded.size_bytes, sha256 = excluded.sha256, written_ms = excluded.written_ms",
            &params![
                workspace,
                path.as_str(),
                file.store.0,
                &file.key,
                size_bytes,
                file.sha256.as_bytes().as_slice(),
                now.0
            ],
        )?;
        Ok(before)
    }

    /// Forgets the file at a path, and tells which bytes it referred to.
    pub fn take_artifact(&mut self, path: &ArtifactPath) -> Result<Option<Detached>, Error> {
        let workspace = self.workspace();
        self.one(
            "DELETE FROM artifacts WHERE workspace = ?1 AND path = ?2
             RETURNING store, key, EXISTS (SELECT 1 FROM version_files f
                 WHERE f.store = artifacts.store AND f.key = artifacts.key)",
            &params![workspace, path.as_str()],
            detached,
        )
    }

    /// Forgets the first files of a stretch, at most `limit`, and tells which bytes they referred to.
    pub fn take_artifacts_in(&mut self, span: &Span, limit: usize) -> Result<Vec<Detached>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let workspace = self.workspace();
        self.all(
            "DELETE FROM artifacts WHERE workspace = ?1 AND path IN (
                 SELECT path FROM artifacts WHERE workspace = ?1 AND path > ?2 AND path < ?3
                 ORDER BY path LIMIT ?4)
             RETURNING store, key, EXISTS (SELECT 1 FROM version_files f
                 WHERE f.store = artifacts.store AND f.key = artifacts.key)",
            &params![workspace, &span.after, &span.before, limit],
            detached,
        )
    }
}
