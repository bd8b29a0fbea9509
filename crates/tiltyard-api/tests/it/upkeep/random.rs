//! Whatever was written, deleted, registered and left by crashes: after a collection exactly what can be reached is stored,
//! and nothing that is younger than the grace was removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use tiltyard_domain::Clock;

use super::{Yard, done, keys};

/// Something that happens to a store.
#[derive(Debug, Clone)]
enum Event {
    Put(u8, u8),
    Delete(u8),
    Register(u8),
    DeleteVersion(u8),
    /// A process died between writing bytes and recording them; so many hours ago.
    Crash {
        path: u8,
        minted: bool,
        hours: u64,
    },
    Collect,
    Move,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..6_u8, any::<u8>()).prop_map(|(path, content)| Event::Put(path, content)),
        2 => (0..6_u8).prop_map(Event::Delete),
        2 => (0..3_u8).prop_map(Event::Register),
        1 => any::<u8>().prop_map(Event::DeleteVersion),
        2 => (0..6_u8, any::<bool>(), 0..48_u64)
            .prop_map(|(path, minted, hours)| Event::Crash { path, minted, hours }),
        1 => Just(Event::Collect),
        1 => Just(Event::Move),
    ]
}

/// A store, and what must be found in it.
struct Model {
    yard: Yard,
    runs: Vec<(String, String)>,
    paths: BTreeMap<String, String>,
    versions: BTreeMap<String, BTreeMap<String, String>>,
    /// Keys that crashes left within the last day.
    young: BTreeSet<String>,
    crashes: u32,
    is_moved: bool,
}

impl Model {
    async fn new() -> Self {
        let yard = Yard::new().await;
        let mut runs = Vec::new();
        for _ in 0..3 {
            runs.push(yard.run().await);
        }
        Self {
            yard,
            runs,
            paths: BTreeMap::new(),
            versions: BTreeMap::new(),
            young: BTreeSet::new(),
            crashes: 0,
            is_moved: false,
        }
    }

    fn path(&self, path: u8) -> String {
        format!("{}/model/file-{}", self.runs[usize::from(path) % 3].1, path / 3)
    }

    async fn happen(mut self, event: Event) -> Self {
        match event {
            Event::Put(path, content) => {
                let (path, content) = (self.path(path), content.to_string());
                self.yard.put(&path, &content).await;
                self.paths.insert(path, content);
            }
            Event::Delete(path) => {
                let path = self.path(path);
                self.yard.delete(&path).await;
                self.paths.remove(&path);
            }
            Event::Register(run) => {
                let (run_id, folder) = &self.runs[usize::from(run)];
                let (number, shown) = self.yard.register(run_id).await;
                let below = format!("{folder}/model/");
                let files = self.paths.iter().filter_map(|(path, content)| {
                    Some((format!("{shown}/{}", path.strip_prefix(&below)?), content.clone()))
                });
                self.versions.insert(number, files.collect());
            }
            Event::DeleteVersion(which) => {
                let numbers: Vec<_> = self.versions.keys().cloned().collect();
                if let Some(number) = numbers.get(usize::from(which) % numbers.len().max(1)) {
                    self.yard.delete_version(number).await;
                    self.versions.remove(number);
                }
            }
            Event::Crash { path, minted, hours } => self.crash(path, minted, hours),
            Event::Collect => self.collect().await,
            Event::Move if !self.is_moved => {
                let server = self.yard.server.restart_with_artifacts_in("elsewhere").await;
                server.clock.advance_ms(super::YEARS_MS);
                let to = server.folder().join("elsewhere").to_string_lossy().into_owned();
                done(&server, "relocate", json!({"to": to})).await;
                (self.yard, self.is_moved) = (Yard { server }, true);
            }
            Event::Move => {}
        }
        self
    }

    fn crash(&mut self, path: u8, minted: bool, hours: u64) {
        self.crashes += 1;
        let key = if minted {
            let name = format!("{:032x}", self.crashes);
            format!(".tiltyard/blobs/{}/{name}", &name[30..])
        } else {
            self.path(path)
        };
        let at = self.yard.folder("artifacts").join(&key);
        if at.exists() {
            return;
        }
        self.yard.leave(&key, "left by a crash");
        let now = u64::try_from(self.yard.server.clock.now().0).unwrap();
        let written = UNIX_EPOCH + Duration::from_millis(now) - Duration::from_hours(hours);
        File::options().write(true).open(at).unwrap().set_modified(written).unwrap();
        if hours < 24 {
            self.young.insert(key);
        }
    }

    async fn collect(&self) {
        done(&self.yard.server, "gc", json!({})).await;
        let stored = keys(&self.yard.folder("artifacts"));
        let missing: Vec<_> = self.young.iter().filter(|key| !stored.contains(key)).collect();
        assert!(missing.is_empty(), "young bytes were removed: {missing:?}");
    }

    /// All that can be reached is there, and nothing else but what is young.
    async fn check(self) {
        self.collect().await;
        let versions = self.versions.values().flatten();
        for (path, content) in self.paths.iter().chain(versions) {
            assert_eq!(self.yard.try_get(path).await.as_ref(), Some(content), "{path}");
        }
        let sound = done(&self.yard.server, "fsck", json!({"deep": true, "grace_seconds": 0})).await;
        let counts = &sound["counts"];
        let orphans = counts["orphans"].as_u64().unwrap_or(0);
        assert_eq!(sound["findings"].as_u64().unwrap(), orphans, "nothing is missing or altered: {sound}");
        assert_eq!(usize::try_from(orphans).unwrap(), self.young.len(), "{sound}");
        self.yard.server.stop().await;
    }
}

#[test]
fn what_can_be_reached_is_what_is_stored() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() });
    let events = proptest::collection::vec(event(), 1..25);
    let outcome = runner.run(&events, |events| {
        runtime.block_on(async {
            let mut model = Model::new().await;
            for event in events {
                model = model.happen(event).await;
            }
            model.check().await;
        });
        Ok(())
    });
    outcome.unwrap();
}
