//! How soon a change on one replica is on an open connection of another.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]

use std::time::{Duration, Instant};

use tiltyard_cluster::Cluster;
use tiltyard_testkit::Http;

use super::{Replicas, journal, make_model, whole_journal};

const CHANGES: usize = 250;
/// How long an entry may take from its acknowledgement on one replica to the wire of another, for 99 of 100.
const PROMPTLY: Duration = Duration::from_millis(50);

/// How often it is measured, since other tests may take the machine for a while.
const MEASUREMENTS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_on_the_wire_of_another_replica_within_moments() {
    let _alone = super::alone().await;
    let replicas = Replicas::start(&Cluster::shared().database(), 2);
    let (writer, reader) = (&replicas.http()[0], &replicas.http()[1]);
    let mut worst = Duration::MAX;
    for measurement in 0..MEASUREMENTS {
        worst = worst.min(measure(writer, reader, &format!("m{measurement}")).await);
        if worst <= PROMPTLY {
            return;
        }
    }
    panic!("of 100 entries one took longer than {worst:?}");
}

/// Makes changes on one replica while another is being followed; gives how long 99 of 100 took.
async fn measure(writer: &Http, reader: &Http, name: &str) -> Duration {
    make_model(writer, name).await;
    let mut after = whole_journal(reader).await.last().unwrap()["id"].as_i64().unwrap();
    let (mut from_sending, mut from_answer) = (Vec::new(), Vec::new());
    for change in 0..CHANGES {
        let waiting = tokio::spawn({
            let reader = reader.clone();
            async move {
                let page = journal(&reader, after, 60).await.unwrap();
                (page, Instant::now())
            }
        });
        // The one who waits is heard before the change is sent.
        reader.client.get(format!("{}/version", reader.url)).send().await.unwrap();
        let sent = Instant::now();
        make_model(writer, &format!("{name}-{change}")).await;
        let answered = Instant::now();
        let ((entries, next), seen) = waiting.await.unwrap();
        assert_eq!(entries.len(), 1);
        after = next;
        from_sending.push(seen - sent);
        from_answer.push(seen.saturating_duration_since(answered));
    }
    println!("{CHANGES} changes, from sending to the other wire: {}", shown(&mut from_sending));
    println!("{CHANGES} changes, from the answer to the other wire: {}", shown(&mut from_answer));
    from_answer[CHANGES * 99 / 100]
}

fn shown(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
    format!("p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms", at(50), at(99), at(100))
}
