//! Answers that are kept under an idempotency key.

use tiltyard_domain::Timestamp;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::idempotency::IdempotencyKey;
use tiltyard_store::{Error, Keyed, Remembered, Store};

use super::{permit, read, write};

fn keyed(actor: &str, operation: &'static str, key: &str) -> Keyed {
    Keyed { actor: actor.to_owned(), operation, key: IdempotencyKey::parse(key).unwrap() }
}

fn answer(text: &str) -> Remembered {
    Remembered { request: Sha256Digest::from_bytes([7; 32]), answer: text.as_bytes().to_vec() }
}

async fn remember(
    store: &Store,
    keyed: Keyed,
    text: &'static str,
    since: i64,
    now: i64,
) -> Result<(), Error> {
    let apply = move |tx: &mut tiltyard_store::Tx<'_>| {
        tx.remember_answer(&keyed, &answer(text), Timestamp(since), Timestamp(now))
    };
    store.write(&permit(), apply).await
}

fn remembered(store: &Store, keyed: &Keyed, since: i64) -> Option<Remembered> {
    read(store, |read| read.remembered_answer(keyed, Timestamp(since))).unwrap()
}

pub(crate) async fn an_answer_is_found_by_all_that_names_it(store: Store) {
    let made = keyed("ada", "create", "k");
    remember(&store, made.clone(), "a", 0, 5).await.unwrap();
    assert_eq!(remembered(&store, &made, 5), Some(answer("a")));
    for other in [keyed("bob", "create", "k"), keyed("ada", "rollback", "k"), keyed("ada", "create", "K")] {
        assert_eq!(remembered(&store, &other, 0), None);
        remember(&store, other, "b", 0, 5).await.unwrap();
    }
    assert_eq!(remembered(&store, &made, 0), Some(answer("a")));
}

pub(crate) async fn an_answer_gives_way_only_when_it_is_old(store: Store) {
    let made = keyed("ada", "create", "k");
    remember(&store, made.clone(), "a", 0, 5).await.unwrap();
    let refused = remember(&store, made.clone(), "b", 5, 9).await;
    assert!(matches!(refused, Err(Error::Conflict)), "{refused:?}");
    assert_eq!(remembered(&store, &made, 6), None);
    remember(&store, made.clone(), "b", 6, 9).await.unwrap();
    assert_eq!(remembered(&store, &made, 6), Some(answer("b")));
}

pub(crate) async fn old_answers_are_forgotten_some_at_a_time(store: Store) {
    let key = |number: i64| keyed("ada", "create", &format!("k{number}"));
    for number in 0..7 {
        remember(&store, key(number), "a", 0, number).await.unwrap();
    }
    let forget = async || write(&store, |tx| tx.forget_answers(Timestamp(5), 3)).await;
    assert_eq!((forget().await, forget().await, forget().await), (3, 2, 0));
    let kept: Vec<i64> = (0..7).filter(|number| remembered(&store, &key(*number), 0).is_some()).collect();
    assert_eq!(kept, [5, 6]);
}
