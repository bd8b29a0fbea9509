//! Statements about versions whose files lie where clients write by themselves: what was seen there, and when.
//! What follows from a difference is a rule of the use cases.

use tiltyard_domain::Timestamp;
use tiltyard_domain::digest::Sha256Digest;

use crate::artifacts::{digest, size};
use crate::engine::{Param, params};
use crate::{Error, Read, Tx, many};

/// What is known of the files of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Where they lie.
    pub uri: String,
    /// When they were first looked at.
    pub looked: Option<Timestamp>,
    /// The digest over what was seen then, hexadecimal.
    pub manifest_digest: Option<String>,
    /// Why nothing could be seen then.
    pub fault: Option<String>,
    /// When they were last compared with what was seen first.
    pub checked: Option<Timestamp>,
    /// How they differed.
    pub altered: Option<String>,
}

/// A file as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedFile {
    /// How long it was.
    pub size_bytes: u64,
    /// The digest of its bytes.
    pub sha256: Sha256Digest,
    /// Another one whenever the file was written since.
    pub mark: String,
}

impl Read<'_> {
    /// What is known of a version's files, if they are where clients write by themselves.
    pub fn observation(&mut self, version: i64) -> Result<Option<Observation>, Error> {
        self.one(
            "SELECT uri, looked_ms, manifest_digest, fault, checked_ms, altered FROM observations WHERE version = ?1",
            &params![version],
            |row| {
                Ok(Observation {
                    uri: row.get(0)?,
                    looked: row.get::<Option<i64>>(1)?.map(Timestamp),
                    manifest_digest: row.get(2)?,
                    fault: row.get(3)?,
                    checked: row.get::<Option<i64>>(4)?.map(Timestamp),
                    altered: row.get(5)?,
                })
            },
        )
    }

    /// The first files of a version behind a path, as they were first seen, in the order of their paths' bytes.
    pub fn observed_files(
        &mut self,
        version: i64,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, ObservedFile)>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT size_bytes, sha256, mark, path FROM observed_files WHERE version = ?1 AND path > ?2
             ORDER BY path LIMIT ?3",
            &params![version, after, limit],
            |row| {
                let file = ObservedFile {
                    size_bytes: size(row.get(0)?)?,
                    sha256: digest(&row.get::<Vec<u8>>(1)?)?,
                    mark: row.get(2)?,
                };
                Ok((row.get(3)?, file))
            },
        )
    }

    /// The first version behind that one whose files nobody has looked at yet.
    pub fn next_to_look_at(&mut self, after: i64) -> Result<Option<i64>, Error> {
        self.one(
            "SELECT version FROM observations WHERE looked_ms IS NULL AND version > ?1 ORDER BY version LIMIT 1",
            &params![after],
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// Notes of a new version that its files are to be looked at.
    pub fn insert_observation(&mut self, version: i64, uri: &str) -> Result<(), Error> {
        self.execute("INSERT INTO observations (version, uri) VALUES (?1, ?2)", &params![version, uri])?;
        Ok(())
    }

    /// Keeps what was first seen of a version's files, unless that was done before.
    pub fn record_observation(
        &mut self,
        version: i64,
        seen: &Observation,
        files: &[(String, ObservedFile)],
    ) -> Result<(), Error> {
        let looked = seen.looked.map(|looked| looked.0);
        let is_first = self.execute(
            "UPDATE observations SET looked_ms = ?2, manifest_digest = ?3, fault = ?4
             WHERE version = ?1 AND looked_ms IS NULL",
            &params![version, looked, seen.manifest_digest.as_deref(), seen.fault.as_deref()],
        )? > 0;
        if !is_first {
            return Ok(());
        }
        files.chunks(many::LENGTH_MAX).try_for_each(|files| self.insert_observed_files(version, files))
    }

    fn insert_observed_files(&mut self, version: i64, files: &[(String, ObservedFile)]) -> Result<(), Error> {
        let mut sizes = Vec::with_capacity(files.len());
        for (_, file) in files {
            let too_large = |_| Error::Corrupt(format!("a file of {} bytes", file.size_bytes));
            sizes.push(i64::try_from(file.size_bytes).map_err(too_large)?);
        }
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        let digests: Vec<&[u8]> = files.iter().map(|(_, file)| file.sha256.as_bytes().as_slice()).collect();
        let marks: Vec<&str> = files.iter().map(|(_, file)| file.mark.as_str()).collect();
        self.send_rows(
            "INSERT INTO observed_files (version, path, size_bytes, sha256, mark) {rows}",
            &[
                Param::Integers(&vec![version; files.len()]),
                Param::Texts(&paths),
                Param::Integers(&sizes),
                Param::ListOfBytes(&digests),
                Param::Texts(&marks),
            ],
        )
    }

    /// Keeps how a version's files differ from what was first seen, if they do.
    pub fn record_check(&mut self, version: i64, altered: Option<&str>, now: Timestamp) -> Result<(), Error> {
        self.execute(
            "UPDATE observations SET checked_ms = ?2, altered = ?3 WHERE version = ?1",
            &params![version, now.0, altered],
        )?;
        Ok(())
    }

    /// Notes the new marks of files that were written anew with the same bytes.
    pub fn record_marks(&mut self, version: i64, marks: &[(String, String)]) -> Result<(), Error> {
        for part in marks.chunks(many::LENGTH_MAX) {
            let paths: Vec<&str> = part.iter().map(|(path, _)| path.as_str()).collect();
            let marks: Vec<&str> = part.iter().map(|(_, mark)| mark.as_str()).collect();
            let versions = vec![version; part.len()];
            self.send_rows(
                "WITH n (version, path, mark) AS ({rows})
                 UPDATE observed_files SET mark = n.mark FROM n
                 WHERE observed_files.version = n.version AND observed_files.path = n.path",
                &[Param::Integers(&versions), Param::Texts(&paths), Param::Texts(&marks)],
            )?;
        }
        Ok(())
    }

    /// Says anew why nothing vouches for a version's bytes.
    pub fn set_unverified_reason(&mut self, version: i64, reason: &str) -> Result<(), Error> {
        self.execute("UPDATE versions SET unverified_reason = ?2 WHERE id = ?1", &params![version, reason])?;
        Ok(())
    }
}
