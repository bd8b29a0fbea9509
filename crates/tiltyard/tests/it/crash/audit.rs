//! A look into the database and the artifact folder from outside: what must agree with each other at any moment.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::database::Database;

/// Each question counts what must not be there.
const WRONGS: [(&str, &str); 9] = [
    (
        "models whose version numbers have gaps",
        "SELECT count(*) FROM models m WHERE last_version <> (SELECT count(*) FROM versions v WHERE v.model = m.id)
             OR last_version <> (SELECT coalesce(max(number), 0) FROM versions v WHERE v.model = m.id)",
    ),
    (
        "models with several versions in Production",
        "SELECT count(*) FROM (SELECT model FROM versions WHERE stage = 'Production' GROUP BY model HAVING count(*) > 1) several",
    ),
    (
        "stages that the history does not know",
        "SELECT count(*) FROM versions v WHERE stage <> 'None' AND 'stage:' || stage IS DISTINCT FROM (
             SELECT enters FROM pointer_history h WHERE h.model = v.model AND h.number = v.number
                 AND (enters LIKE 'stage:%' OR leaves LIKE 'stage:%') ORDER BY journal DESC, place DESC LIMIT 1)",
    ),
    (
        "aliases that the history does not know",
        "SELECT count(*) FROM aliases a WHERE number IS DISTINCT FROM (
             SELECT CASE WHEN enters IS NULL THEN NULL ELSE h.number END FROM pointer_history h
             WHERE h.model = a.model AND 'alias:' || a.alias IN (enters, leaves)
             ORDER BY journal DESC, place DESC LIMIT 1)",
    ),
    (
        "pointers that the history left with a version that does not hold them",
        "SELECT count(*) FROM pointer_history h WHERE enters IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM pointer_history later WHERE later.model = h.model
                 AND later.number = h.number AND later.leaves = h.enters
                 AND (later.journal, later.place) > (h.journal, h.place))
             AND NOT EXISTS (SELECT 1 FROM versions v
                 WHERE v.model = h.model AND v.number = h.number AND h.enters = 'stage:' || v.stage)
             AND NOT EXISTS (SELECT 1 FROM aliases a
                 WHERE a.model = h.model AND a.number = h.number AND h.enters = 'alias:' || a.alias)",
    ),
    (
        "lines of the history without an entry in the journal",
        "SELECT count(*) FROM pointer_history h WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.id = h.journal)",
    ),
    (
        "versions that the journal does not know once",
        "SELECT count(*) FROM versions v JOIN models m ON m.id = v.model WHERE 1 <> (SELECT count(*) FROM journal j
             WHERE j.model = m.name AND j.version = v.number AND j.action = 'version.created')",
    ),
    (
        "models whose revision differs from the moves in the journal",
        "SELECT count(*) FROM models m WHERE pointer_revision <> (SELECT count(*) FROM journal j WHERE j.model = m.name
             AND j.action IN ('alias.set', 'alias.removed', 'version.transitioned', 'pointer.rolled_back'))",
    ),
    (
        "latest points that the metric never had",
        "SELECT count(*) FROM latest_metrics l WHERE NOT EXISTS (SELECT 1 FROM metrics p WHERE p.run = l.run
             AND p.key = l.key AND p.step = l.step AND p.time_ms = l.time_ms AND p.value = l.value)",
    ),
];

/// What the store keeps for itself: bytes on their way.
const ITS_OWN: [&str; 2] = [".tiltyard/incoming", ".tiltyard/uploads"];

/// Everything that must hold in a folder and a database whose server was killed.
pub(super) fn whole(folder: &Path, database: &Database) {
    assert!(database.is_sound(folder));
    for (what, question) in WRONGS {
        let question = question.replacen("count(*)", "CAST(count(*) AS TEXT)", 1);
        assert_eq!(database.ask(folder, &question), ["0"], "{what}");
    }
    artifacts(folder, database);
}

/// How many files nothing refers to; a crash may leave some.
pub(super) fn files_without_rows(folder: &Path) -> usize {
    let keys: BTreeSet<String> =
        Database::File.ask(folder, "SELECT key FROM artifacts").into_iter().collect();
    let root = folder.join("mlartifacts");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let key = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let is_kept = |key: &String| !ITS_OWN.iter().any(|folder| key.starts_with(folder));
    files.iter().map(key).filter(|key| is_kept(key) && !keys.contains(key)).count()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

/// Each row names bytes that are there, with the size and digest that it says.
fn artifacts(folder: &Path, database: &Database) {
    let question = format!(
        "SELECT {} || ' ' || CAST(size_bytes AS TEXT) || ' ' || key FROM artifacts",
        database.hex("sha256")
    );
    for row in database.ask(folder, &question) {
        let mut fields = row.splitn(3, ' ');
        let mut field = || fields.next().unwrap();
        let (sha256, size_bytes, key) = (field(), field(), field());
        let path = folder.join("mlartifacts").join(key);
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert_eq!(bytes.len().to_string(), size_bytes, "{key} has another size");
        assert_eq!(hex(&Sha256::digest(&bytes)), sha256, "{key} has other bytes");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
