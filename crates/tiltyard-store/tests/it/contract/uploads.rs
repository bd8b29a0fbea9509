//! Uploads in parts to object stores.

use tiltyard_domain::Timestamp;
use tiltyard_store::{Store, UploadRow};

use super::{read, write};

fn upload(id: &str, touched: i64) -> UploadRow {
    UploadRow {
        id: id.to_owned(),
        remote: format!("remote-{id}"),
        touched: Timestamp(touched),
        joining: None,
    }
}

async fn open(store: &Store, place: &'static str, id: &'static str, touched: i64) {
    write(store, move |tx| tx.open_upload(place, &upload(id, touched))).await;
}

pub(crate) async fn an_upload_is_closed_once(store: Store) {
    open(&store, "s3://a", "1", 5).await;
    let found = |place: &'static str| read(&store, move |read| read.upload(place, "1")).unwrap();
    assert_eq!((found("s3://a"), found("s3://b")), (Some(upload("1", 5)), None));
    assert!(!write(&store, |tx| tx.close_upload("s3://b", "1")).await, "it goes to another place");
    let ids = ["1".to_owned(), "2".to_owned()];
    let open = || read(&store, |read| read.open_uploads(&ids)).unwrap();
    assert_eq!(open(), ["1".to_owned()].into());
    assert!(write(&store, |tx| tx.close_upload("s3://a", "1")).await);
    assert!(!write(&store, |tx| tx.close_upload("s3://a", "1")).await);
    assert!(found("s3://a").is_none() && open().is_empty());
}

pub(crate) async fn an_upload_is_joined_from_one_list(store: Store) {
    open(&store, "s3://a", "1", 5).await;
    let begin = |list: &'static str| write(&store, move |tx| tx.begin_joining("s3://a", "1", list));
    assert!(begin("one").await && begin("one").await);
    assert!(!begin("other").await);
    write(&store, |tx| tx.end_joining("s3://a", "1", "other")).await;
    assert!(!begin("other").await, "it is being joined from the first still");
    write(&store, |tx| tx.end_joining("s3://a", "1", "one")).await;
    assert!(begin("other").await);
    assert!(!write(&store, |tx| tx.begin_joining("s3://a", "2", "one")).await, "it is not open");
}

pub(crate) async fn uploads_go_with_their_place(store: Store) {
    let place = write(&store, |tx| tx.blob_store_at("s3://a")).await;
    open(&store, "s3://a", "1", 5).await;
    write(&store, move |tx| tx.rename_blob_store(place, "s3://b")).await;
    assert!(read(&store, |read| read.upload("s3://b", "1")).unwrap().is_some());
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
    write(&store, |tx| tx.touch_upload("s3://a", "older", Timestamp(20))).await;
    assert_eq!(old(9, 10), ["old"]);
}
