//! Somebody writes into the folder: whatever they do to a file, no byte is served that was not put there.

use std::fs;
use std::path::PathBuf;

use tiltyard_blobs::BlobStore;

use crate::support::{Yard, collect, content, key};

const HEADER: usize = 56;
const SEGMENT: usize = 65_536;
const SEALED: usize = SEGMENT + 16;

/// A sealed file, and what is in it.
struct Victim {
    yard: Yard,
    content: Vec<u8>,
    sealed: Vec<u8>,
}

impl Victim {
    async fn new(size: usize) -> Self {
        let (yard, content) = (Yard::new(), content(size));
        yard.put("file", &content).await;
        let sealed = fs::read(yard.root().join("file")).expect("a file");
        Self { yard, content, sealed }
    }

    fn path(&self) -> PathBuf {
        self.yard.root().join("file")
    }

    /// Puts other bytes into the file, and wants no reader to take them for the right ones.
    async fn is_noticed(&self, what: &str, altered: &[u8]) {
        fs::write(self.path(), altered).expect("written");
        assert!(self.read(None).await.is_none(), "{what}: the whole was served");
        let size = self.content.len();
        for (start, end) in
            [(0, 1), (SEGMENT - 1, SEGMENT + 1), (2 * SEGMENT, 2 * SEGMENT + 9), (size - 1, size)]
        {
            let range = start.min(size)..end.min(size);
            if let Some(served) = self.read(Some(range.clone())).await {
                assert!(
                    served == self.content[range.clone()],
                    "{what}: wrong bytes were served for {range:?}"
                );
            }
        }
        fs::write(self.path(), &self.sealed).expect("written");
        assert!(
            self.read(None).await.is_some_and(|served| served == self.content),
            "{what}: put right again"
        );
    }

    /// The bytes, if all of them come.
    async fn read(&self, range: Option<std::ops::Range<usize>>) -> Option<Vec<u8>> {
        let range = range.map(|range| range.start as u64..range.end as u64);
        let blob = self.yard.store.read(&key("file"), range).await.ok()?;
        collect(blob.bytes).await.ok()
    }
}

#[tokio::test]
async fn a_bit_that_flips_anywhere_is_noticed() {
    for size in [1, SEGMENT, 2 * SEGMENT + 100] {
        let victim = Victim::new(size).await;
        let length = victim.sealed.len();
        let places = [
            0,
            7,
            8,
            9,
            16,
            17,
            48,
            49,
            55,
            HEADER,
            HEADER + 1,
            length / 2,
            length - 17,
            length - 16,
            length - 1,
        ];
        for place in places {
            let mut altered = victim.sealed.clone();
            altered[place] ^= 1;
            victim.is_noticed(&format!("a bit at {place} of {length}"), &altered).await;
        }
    }
}

#[tokio::test]
async fn a_file_that_was_cut_short_or_grew_is_noticed() {
    let victim = Victim::new(2 * SEGMENT + 100).await;
    let sealed = &victim.sealed;
    let lengths = [0, 1, HEADER - 1, HEADER, HEADER + 15, HEADER + 16, HEADER + SEALED, HEADER + 2 * SEALED];
    for length in lengths.into_iter().chain([sealed.len() - 1, sealed.len() - 100]) {
        victim.is_noticed(&format!("cut to {length}"), &sealed[..length]).await;
    }
    let more = [&sealed[..], &[0; 1]].concat();
    victim.is_noticed("a byte more", &more).await;
    let twice = [&sealed[..], &sealed[HEADER..]].concat();
    victim.is_noticed("its segments twice", &twice).await;
}

#[tokio::test]
async fn segments_in_another_order_or_of_another_file_are_noticed() {
    let victim = Victim::new(3 * SEGMENT).await;
    let sealed = &victim.sealed;
    let segment = |number: usize| &sealed[HEADER + number * SEALED..HEADER + (number + 1) * SEALED];
    let header = &sealed[..HEADER];
    for order in [[1, 0, 2], [0, 2, 1], [2, 1, 0], [0, 0, 2], [1, 1, 1]] {
        let altered = [header, segment(order[0]), segment(order[1]), segment(order[2])].concat();
        victim.is_noticed(&format!("{order:?}"), &altered).await;
    }
    victim.yard.put("other", &victim.content).await;
    let other = fs::read(victim.yard.root().join("other")).expect("a file");
    let mixed = [header, segment(0), &other[HEADER + SEALED..]].concat();
    victim.is_noticed("the end of another file", &mixed).await;
    let headed = [&other[..HEADER], &sealed[HEADER..]].concat();
    victim.is_noticed("the header of another file", &headed).await;
}

#[tokio::test]
async fn a_plain_file_in_its_place_is_not_served() {
    let victim = Victim::new(SEGMENT).await;
    victim.is_noticed("a plain file", &content(SEGMENT)).await;
    victim.is_noticed("a small plain file", b"plain").await;
    fs::write(victim.path(), content(SEGMENT)).expect("written");
    let refused = victim.yard.store.read(&key("file"), None).await.expect_err("not sealed");
    assert!(refused.to_string().contains("not sealed"), "{refused}");
}
