//! What readers see while others write: one moment, whole transactions, and never a wait.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::Tag;
use tiltyard_store::{Error, Read, Store};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::models::insert_model;
use super::{permit, read, write};

fn description(read: &mut Read<'_>) -> Result<Option<String>, Error> {
    Ok(read.bare_model("m")?.expect("the model is there").description)
}

async fn describe(store: &Store, model: i64, text: &str) {
    let text = text.to_owned();
    write(store, move |tx| tx.describe_model(model, Some(&text), Timestamp(2))).await;
}

pub(crate) async fn a_read_sees_one_moment_and_holds_nobody_up(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    let seen = read(&store, |read| {
        let before = description(read)?;
        // The write is acknowledged while the read is still under way.
        block_in_place(|| Handle::current().block_on(describe(&store, model, "new")));
        Ok::<_, Error>((before, description(read)?))
    });
    assert_eq!(seen.unwrap(), (None, None));
    let now = read(&store, description);
    assert_eq!(now.unwrap().as_deref(), Some("new"));
}

pub(crate) async fn what_was_acknowledged_is_seen_by_every_later_read(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    for round in 0..50 {
        let text = round.to_string();
        describe(&store, model, &text).await;
        assert_eq!(read(&store, description).unwrap().as_deref(), Some(text.as_str()));
        assert_eq!(store.scan(&permit(), description).await.unwrap().as_deref(), Some(text.as_str()));
    }
}

pub(crate) async fn nobody_sees_half_a_transaction(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for round in 0..200 {
                write(&store, move |tx| {
                    for key in ["a", "b"] {
                        tx.set_model_tag(model, &Tag { key: key.to_owned(), value: round.to_string() })?;
                    }
                    Ok(())
                })
                .await;
            }
        }
    });
    while !writer.is_finished() {
        let tags =
            store.scan(&permit(), |read| Ok::<_, Error>(read.model("m")?.expect("it is there").tags)).await;
        let values: Vec<_> = tags.unwrap().into_iter().map(|tag| tag.value).collect();
        assert!(values.is_empty() || (values.len() == 2 && values[0] == values[1]), "{values:?}");
    }
    writer.await.unwrap();
}

pub(crate) async fn a_read_that_panics_harms_no_later_one(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    let (reader, runtime) = (store.clone(), Handle::current());
    let panicked = std::thread::spawn(move || {
        let panicking = std::panic::AssertUnwindSafe(|| {
            runtime.block_on(reader.read(&permit(), |_| -> Result<(), Error> { panic!("a read") }))
        });
        assert!(std::panic::catch_unwind(panicking).is_err());
        runtime.block_on(reader.read(&permit(), description))
    });
    assert_eq!(panicked.join().unwrap().unwrap(), None);
    describe(&store, model, "after").await;
}
