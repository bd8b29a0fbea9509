//! Points of metrics: the latest one, histories, samples.

use tiltyard_domain::entity::Metric;
use tiltyard_domain::metrics::is_later;
use tiltyard_store::{Point, Steps, Store};
use tokio::task::JoinSet;

use super::{metric, permit, read, run, with_run, write};

/// Numbers that look random and are the same every time.
fn scattered(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |last| {
        Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|number| number >> 33)
    .skip(1)
}

/// Few steps and times, so that ties are common; NaN and infinities among the values.
fn scattered_points(seed: u64, count: usize) -> Vec<Metric> {
    let values = [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let number = |number: u64| i64::try_from(number).unwrap();
    scattered(seed)
        .take(count)
        .map(|n| {
            metric(
                ["a", "b"][(n % 2) as usize],
                number(n / 2 % 3),
                number(n / 6 % 3),
                values[(n / 18 % 6) as usize],
            )
        })
        .collect()
}

/// The latest point as somebody finds it who reads the points one after the other.
fn serial_latest(points: &[Metric], key: &str) -> Option<Metric> {
    let mut latest: Option<&Metric> = None;
    for point in points.iter().filter(|point| point.key == key) {
        if latest.is_none_or(|standing| is_later(point, standing)) {
            latest = Some(point);
        }
    }
    latest.cloned()
}

pub(crate) async fn the_latest_point_is_that_of_a_serial_reader(store: Store) {
    let row = with_run(&store).await;
    let mut logged = Vec::new();
    for seed in 0..40 {
        let points = scattered_points(seed, 1 + (seed % 7) as usize);
        logged.extend(points.clone());
        write(&store, move |tx| tx.log_metrics(row, &points)).await;
        for shown in run(&store).metrics {
            let expected = serial_latest(&logged, &shown.key).unwrap();
            let expected_value = expected.value.clamp(f64::MIN, f64::MAX);
            assert_eq!((shown.step, shown.timestamp), (expected.step, expected.timestamp));
            assert_eq!(shown.value.to_bits(), expected_value.to_bits(), "{expected:?} after {logged:?}");
        }
    }
}

/// As many writers as a sweep has log to one run at once, each every key, in an order of its own.
pub(crate) async fn writers_at_once_leave_the_latest_points_of_a_serial_reader(store: Store) {
    const WRITERS: u64 = 64;
    const KEYS: usize = 500;
    let row = with_run(&store).await;
    let mut writers = JoinSet::new();
    let mut logged = Vec::new();
    for writer in 0..WRITERS {
        let mut points: Vec<(u64, Metric)> = scattered(writer)
            .zip(0..KEYS)
            .map(|(n, key)| {
                let step = i64::try_from(n % 50).unwrap();
                (n / 50, metric(&format!("k{key}"), step, i64::try_from(n / 50 % 3).unwrap(), 1.0))
            })
            .collect();
        points.sort_by_key(|(place, _)| *place);
        let points: Vec<Metric> = points.into_iter().map(|(_, point)| point).collect();
        logged.extend(points.clone());
        let store = store.clone();
        writers.spawn(async move { store.log(&permit(), move |tx| tx.log_metrics(row, &points)).await });
    }
    for outcome in writers.join_all().await {
        outcome.unwrap();
    }
    let shown = run(&store).metrics;
    assert_eq!(shown.len(), KEYS);
    for shown in shown {
        assert_eq!(Some(&shown), serial_latest(&logged, &shown.key).as_ref());
    }
}

pub(crate) async fn identical_points_count_once(store: Store) {
    let row = with_run(&store).await;
    for _ in 0..2 {
        let points = [metric("m", 1, 1, 0.5), metric("m", 1, 1, 0.5), metric("m", 1, 1, f64::NAN)];
        write(&store, move |tx| tx.log_metrics(row, &points)).await;
    }
    let history = read(&store, |read| read.metric_history("run", "m", None, 10)).unwrap();
    assert_eq!(history.iter().map(|point| point.value.is_nan).collect::<Vec<_>>(), [true, false]);
}

pub(crate) async fn histories_come_in_pages_without_gaps(store: Store) {
    let row = with_run(&store).await;
    let points: Vec<Metric> = scattered_points(7, 300).into_iter().filter(|point| point.key == "a").collect();
    write(&store, move |tx| tx.log_metrics(row, &points)).await;
    let page = |after: Option<Point>, count_max| {
        read(&store, |read| read.metric_history("run", "a", after, count_max)).unwrap()
    };
    let whole = page(None, 1_000);
    let mut paged: Vec<Point> = Vec::new();
    loop {
        let next = page(paged.last().copied(), 4);
        if next.is_empty() {
            break;
        }
        paged.extend(next);
    }
    assert!(whole.len() > 20);
    assert_eq!(paged, whole);
    let place = |point: &Point| (point.timestamp, point.step);
    assert!(whole.windows(2).all(|pair| place(&pair[0]) <= place(&pair[1])));
}

pub(crate) async fn a_sample_keeps_both_ends(store: Store) {
    let row = with_run(&store).await;
    let points: Vec<Metric> = (0..1_000).map(|step| metric("m", step, 2_000 - step, 1.0)).collect();
    write(&store, move |tx| tx.log_metrics(row, &points)).await;
    let steps = |steps: Steps, wanted| {
        let read = read(&store, |read| read.metric_sample("run", "m", steps, wanted));
        read.unwrap().iter().map(|point| point.step).collect::<Vec<_>>()
    };
    assert_eq!(steps(Steps::ALL, 1), [999]);
    assert_eq!(steps(Steps::ALL, 5), [0, 200, 400, 600, 999]);
    assert_eq!(steps(Steps { first: 10, last: 12 }, 5), [10, 11, 12]);
    assert_eq!(steps(Steps { first: 5_000, last: 6_000 }, 5), [0_i64; 0]);
    assert_eq!(steps(Steps::ALL, 2_500).len(), 1_000);
}

pub(crate) async fn a_point_about_a_model_that_is_not_there_is_told(store: Store) {
    let row = with_run(&store).await;
    let known = write(&store, move |tx| {
        let about = Metric { model_id: Some("m-none".to_owned()), ..metric("m", 0, 0, 1.0) };
        Ok(tx.log_model_metrics(row, &[about])?.is_none())
    });
    assert!(!known.await);
}
