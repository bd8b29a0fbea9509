//! Versions whose files lie where clients write by themselves: what was seen there.

use tiltyard_domain::Timestamp;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_store::{Observation, ObservedFile, Store};

use super::models::{insert_model, insert_version};
use super::{read, write};

fn seen(digest: &str, at: i64) -> Observation {
    Observation {
        uri: "s3://bucket/m".to_owned(),
        looked: Some(Timestamp(at)),
        manifest_digest: Some(digest.to_owned()),
        fault: None,
        checked: None,
        altered: None,
    }
}

fn file(path: &str, mark: &str) -> (String, ObservedFile) {
    let sha256 = Sha256Digest::from_bytes([7; 32]);
    (path.to_owned(), ObservedFile { size_bytes: 3, sha256, mark: mark.to_owned() })
}

pub(crate) async fn what_was_first_seen_of_a_version_stays(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    let (version, _) = insert_version(&store, model).await;
    assert_eq!(read(&store, |read| read.observation(version)).unwrap(), None);
    write(&store, move |tx| tx.insert_observation(version, "s3://bucket/m")).await;
    assert_eq!(read(&store, |read| read.next_to_look_at(0)).unwrap(), Some(version));
    assert_eq!(read(&store, |read| read.next_to_look_at(version)).unwrap(), None);

    let first = [file("a", "1"), file("b", "1")];
    write(&store, move |tx| tx.record_observation(version, &seen("first", 5), &first)).await;
    let later = [file("a", "2")];
    write(&store, move |tx| tx.record_observation(version, &seen("later", 6), &later)).await;
    assert_eq!(read(&store, |read| read.observation(version)).unwrap(), Some(seen("first", 5)));
    assert_eq!(read(&store, |read| read.next_to_look_at(0)).unwrap(), None);
    let files = read(&store, |read| read.observed_files(version, "", 10)).unwrap();
    assert_eq!(files, [file("a", "1"), file("b", "1")]);
    assert_eq!(read(&store, |read| read.observed_files(version, "a", 10)).unwrap(), [file("b", "1")]);

    write(&store, move |tx| {
        tx.record_marks(version, &[("a".to_owned(), "9".to_owned()), ("b".to_owned(), "8".to_owned())])?;
        tx.record_check(version, Some("'b' is gone"), Timestamp(8))
    })
    .await;
    let known = read(&store, |read| read.observation(version)).unwrap().unwrap();
    assert_eq!((known.checked, known.altered.as_deref()), (Some(Timestamp(8)), Some("'b' is gone")));
    assert_eq!(read(&store, |read| read.observed_files(version, "", 1)).unwrap(), [file("a", "9")]);
    assert_eq!(read(&store, |read| read.observed_files(version, "a", 1)).unwrap(), [file("b", "8")]);
}
