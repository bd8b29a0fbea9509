//! Uploads in parts to object stores.

use tiltyard_domain::Timestamp;
use tiltyard_store::{Store, UploadRow};

use super::{read, write};

fn upload(id: &str, touched: i64) -> UploadRow {
    UploadRow { id: id.to_owned(), remote: format!("remote-{id}"), touched: Timestamp(touched) }
}

async fn open(store: &Store, place: &'static str, id: &'static str, touched: i64) {
    write(store, move |tx| tx.open_upload(place, &upload(id, touched))).await;
}

pub(crate) async fn an_upload_is_closed_once(store: Store) {
    open(&store, "s3://a", "1", 5).await;
    assert_eq!(read(&store, |read| read.upload("1")).unwrap(), Some(upload("1", 5)));
    assert!(write(&store, |tx| tx.close_upload("1")).await);
    assert!(!write(&store, |tx| tx.close_upload("1")).await);
    assert_eq!(read(&store, |read| read.upload("1")).unwrap(), None);
}

pub(crate) async fn uploads_are_found_by_age_and_place(store: Store) {
    for (place, id, touched) in
        [("s3://a", "old", 1), ("s3://a", "older", 0), ("s3://a", "new", 9), ("s3://b", "other", 0)]
    {
        open(&store, place, id, touched).await;
    }
    let old = |since, limit| {
        let found = read(&store, |read| read.untouched_uploads("s3://a", Timestamp(since), limit)).unwrap();
        found.into_iter().map(|upload| upload.id).collect::<Vec<_>>()
    };
    assert_eq!(old(9, 10), ["older", "old"]);
    assert_eq!(old(9, 1), ["older"]);
    assert_eq!(read(&store, |read| read.upload_count("s3://a")).unwrap(), 3);
    write(&store, |tx| tx.touch_upload("older", Timestamp(20))).await;
    assert_eq!(old(9, 10), ["old"]);
}
