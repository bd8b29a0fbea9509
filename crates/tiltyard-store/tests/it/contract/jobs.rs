//! Work in the background: leases, findings, and the statements by which bytes are collected and moved.

use tiltyard_domain::Timestamp;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::entity::BlobStoreId;
use tiltyard_store::{Condemned, JobNote, JobRow, Reference, Referrers, Store, StoredFile, Tx};

use super::models::{insert_model, insert_version};
use super::{read, write};

const HERE: BlobStoreId = BlobStoreId(1);
const THERE: BlobStoreId = BlobStoreId(2);

async fn ask(store: &Store, name: &'static str, now: i64) -> bool {
    write(store, move |tx| tx.ask_for_job(name, "\"all\"", "ada", "{}", Timestamp(now))).await
}

async fn claim(store: &Store, holder: &'static str, now: i64) -> Option<JobRow> {
    write(store, move |tx| tx.claim_job(&["gc", "fsck"], holder, Timestamp(now), Timestamp(now + 10))).await
}

fn note(found: &[&str], ended: Option<i64>) -> JobNote {
    JobNote {
        progress: "{\"part\":1}".to_owned(),
        found: found.iter().map(|&finding| finding.to_owned()).collect(),
        lease_until: Timestamp(100),
        ended: ended.map(Timestamp),
        failure: None,
    }
}

pub(crate) async fn a_job_is_held_by_one_at_a_time(store: Store) {
    assert!(ask(&store, "gc", 1).await && ask(&store, "fsck", 2).await);
    assert!(!ask(&store, "gc", 3).await, "the one before has not ended");
    let first = claim(&store, "a", 5).await.unwrap();
    assert_eq!((first.name.as_str(), first.claim, first.started), ("gc", 1, Some(Timestamp(5))));
    assert_eq!(claim(&store, "b", 5).await.unwrap().name, "fsck");
    assert_eq!(claim(&store, "c", 14).await, None, "both are held");
    assert!(!read(&store, |read| read.is_job_free(&["gc"], Timestamp(14))).unwrap());
    let taken_over = claim(&store, "c", 15).await.unwrap();
    assert_eq!((taken_over.claim, taken_over.started), (2, Some(Timestamp(5))));
    assert_eq!(taken_over.holder.as_deref(), Some("c"));
}

pub(crate) async fn a_job_that_was_taken_over_is_not_written_to(store: Store) {
    ask(&store, "gc", 1).await;
    claim(&store, "a", 5).await;
    assert!(write(&store, |tx| tx.note_job("gc", 1, &note(&["one"], None))).await);
    claim(&store, "b", 200).await;
    assert!(!write(&store, |tx| tx.note_job("gc", 1, &note(&["two"], Some(9)))).await);
    assert!(!write(&store, |tx| tx.hold_job("gc", 1, Timestamp(900))).await);
    assert!(write(&store, |tx| tx.hold_job("gc", 2, Timestamp(900))).await);
    assert!(write(&store, |tx| tx.note_job("gc", 2, &note(&["three"], Some(300)))).await);
    let job = read(&store, |read| read.job("gc")).unwrap().unwrap();
    assert_eq!((job.findings, job.ended, job.progress.as_str()), (2, Some(Timestamp(300)), "{\"part\":1}"));
    let found = read(&store, |read| read.findings("gc", 1, 0, 10)).unwrap();
    assert_eq!(found, [(1, "one".to_owned()), (2, "three".to_owned())]);
    assert_eq!(claim(&store, "c", 5_000).await, None, "it has ended");
    assert!(!write(&store, |tx| tx.hold_job("gc", 2, Timestamp(900))).await);
}

pub(crate) async fn findings_come_in_pages(store: Store) {
    ask(&store, "gc", 1).await;
    claim(&store, "a", 5).await;
    write(&store, |tx| tx.note_job("gc", 1, &note(&["a", "b", "c"], Some(6)))).await;
    let found = |number, after| read(&store, |read| read.findings("gc", number, after, 2)).unwrap().len();
    assert_eq!((found(1, 0), found(1, 2), found(2, 0)), (2, 1, 0));
    assert!(ask(&store, "gc", 7).await);
    assert_eq!(write(&store, |tx| tx.forget_findings("gc", 2, 2)).await, 2);
    assert_eq!(write(&store, |tx| tx.forget_findings("gc", 2, 2)).await, 1);
    assert_eq!(read(&store, |read| read.job("gc")).unwrap().unwrap().findings, 0);
}

fn path(text: &str) -> ArtifactPath {
    ArtifactPath::parse(text).unwrap()
}

/// A path that holds bytes under a key of the first place.
async fn put(store: &Store, at: &'static str, key: &'static str) {
    let apply = move |tx: &mut Tx<'_>| {
        let place = tx.blob_store_at("/srv/bytes")?;
        tx.blob_store_at("s3://bucket")?;
        assert_eq!(place, HERE);
        let file = file(key);
        tx.put_artifact(&path(at), &file, Timestamp(1))
    };
    write(store, apply).await;
}

fn file(key: &str) -> StoredFile {
    let sha256 = Sha256Digest::from_bytes([7; 32]);
    StoredFile { store: HERE, key: key.to_owned(), size_bytes: 3, sha256 }
}

fn condemned(key: &str) -> Condemned {
    Condemned { store: HERE, key: key.to_owned(), size_bytes: 3 }
}

pub(crate) async fn what_is_referred_to_is_not_condemned(store: Store) {
    put(&store, "1/a", "1/a").await;
    put(&store, "1/b", "minted").await;
    put(&store, "1/model/MLmodel", "pinned").await;
    let model = insert_model(&store, "m").await.unwrap();
    let (version, _) = insert_version(&store, model).await;
    write(&store, move |tx| tx.pin_folder(version, &path("1/model"))).await;
    write(&store, |tx| tx.take_artifact(&path("1/model/MLmodel"))).await;
    let wanted = || ["1/a", "1/b", "minted", "pinned", "unused"].map(condemned).to_vec();
    let given_up = write(&store, move |tx| tx.condemn(wanted(), Timestamp(5))).await;
    assert_eq!(given_up, ["1/b", "unused"].map(condemned));
    let is_condemned = |key| read(&store, |read| read.is_condemned(HERE, key)).unwrap();
    assert!(is_condemned("unused") && !is_condemned("pinned"));
    assert_eq!(read(&store, |read| read.condemned((0, ""), 10)).unwrap(), given_up);
    write(&store, |tx| tx.set_removed(&[condemned("unused")], Timestamp(6))).await;
    assert_eq!(read(&store, |read| read.condemned((0, ""), 10)).unwrap(), [condemned("1/b")]);
    assert!(is_condemned("unused"), "its key stays out of use");
    assert_eq!(write(&store, |tx| tx.forget_condemned(Timestamp(7), 10)).await, 1);
    assert!(!is_condemned("unused") && is_condemned("1/b"));
}

pub(crate) async fn references_move_together(store: Store) {
    put(&store, "1/model/a", "1/model/a").await;
    put(&store, "1/model/b", "minted").await;
    let model = insert_model(&store, "m").await.unwrap();
    let (version, _) = insert_version(&store, model).await;
    write(&store, move |tx| tx.pin_folder(version, &path("1/model"))).await;
    assert_eq!(write(&store, |tx| tx.move_references(&file("1/model/a"), (THERE, "1/model/a"))).await, 2);
    assert_eq!(write(&store, |tx| tx.move_references(&file("minted"), (THERE, "other"))).await, 2);
    assert_eq!(write(&store, |tx| tx.move_references(&file("minted"), (THERE, "third"))).await, 0);
    for referrers in [Referrers::Paths, Referrers::Versions] {
        let all = read(&store, |read| read.references(referrers, (0, ""), 10)).unwrap();
        let keys: Vec<_> = all.iter().map(|each| (each.file.store, each.file.key.as_str())).collect();
        assert_eq!(keys, [(THERE, "1/model/a"), (THERE, "other")]);
        let last = all.last().unwrap();
        assert!(
            read(&store, |read| read.references(referrers, (last.owner, &last.path), 10)).unwrap().is_empty()
        );
    }
    let keys = ["1/model/a".to_owned(), "other".to_owned(), "x".to_owned()];
    let of_paths = read(&store, |read| read.keys_of_paths(THERE, &keys)).unwrap();
    assert_eq!(of_paths.len(), 2);
    let first = read(&store, |read| read.first_versions_of(THERE, &keys)).unwrap();
    assert_eq!(first.get("other"), Some(&version));
    assert!(read(&store, |read| read.keys_referred_to(HERE, &keys)).unwrap().is_empty());
}

/// The key of a path is given again once its bytes are gone.
pub(crate) async fn references_to_other_bytes_stay(store: Store) {
    put(&store, "1/model/a", "1/model/a").await;
    put(&store, "1/model/b", "minted").await;
    let model = insert_model(&store, "m").await.unwrap();
    let (version, _) = insert_version(&store, model).await;
    write(&store, move |tx| tx.pin_folder(version, &path("1/model"))).await;
    let all = |referrers| read(&store, |read| read.references(referrers, (0, ""), 10)).unwrap();
    for (referrers, key) in [(Referrers::Paths, "1/model/a"), (Referrers::Versions, "minted")] {
        let reference = all(referrers).into_iter().find(|each| each.file.key == key).unwrap();
        let still = |reference: &_| read(&store, |read| read.still_refers(referrers, reference)).unwrap();
        assert!(still(&reference));
        let other = Sha256Digest::from_bytes([8; 32]);
        for file in [StoredFile { sha256: other, ..file(key) }, StoredFile { size_bytes: 4, ..file(key) }] {
            assert!(!still(&Reference { file: file.clone(), ..reference.clone() }));
            assert_eq!(write(&store, move |tx| tx.move_references(&file, (THERE, "copy"))).await, 0);
        }
    }
    assert!(all(Referrers::Versions).iter().all(|each| each.file.store == HERE));
    assert_eq!(read(&store, |read| read.versions_behind(0, 10)).unwrap(), [(version, false)]);
    assert!(read(&store, |read| read.versions_behind(version, 10)).unwrap().is_empty());
}
