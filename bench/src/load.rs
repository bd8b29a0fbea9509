//! The load generator: a fixed number of connections, each sending its next request when the last is answered.
//! It measures one round; repeating and comparing is done by the suites.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::future::join_all;

use crate::{
    client::{Call, Connection},
    failure::Outcome,
    stats::{float, percentile},
};

/// Who is asked, how hard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load<'a> {
    /// The server.
    pub(crate) address: SocketAddr,
    /// `MLflow` version the headers claim.
    pub(crate) client_version: &'a str,
    /// Connections at once.
    pub(crate) connections: usize,
    /// After this no new request is sent; those under way are waited for.
    pub(crate) duration: Duration,
}

/// What happened in one round, the server's use of the machine aside.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Requests answered with success.
    pub(crate) done: u64,
    /// Requests answered otherwise, or not at all.
    pub(crate) failed: u64,
    /// From the first request to the last answer.
    pub(crate) wall: Duration,
    /// Half of the successful requests took at most this long, in microseconds.
    pub(crate) p50_micros: u32,
    /// 99 of 100 took at most this long, in microseconds.
    pub(crate) p99_micros: u32,
}

impl Tally {
    /// Successful requests per second.
    pub(crate) fn per_second(&self) -> f64 {
        float(self.done) / self.wall.as_secs_f64().max(f64::EPSILON)
    }
}

/// Runs the closed loop; `call` makes the request of a connection (from 0) and its turn (from 0).
pub(crate) async fn drive(load: Load<'_>, call: impl Fn(usize, u64) -> Call) -> Outcome<Tally> {
    let mut connections = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        connections.push(Connection::open(load.address, load.client_version).await?);
    }
    let start = Instant::now();
    let call = &call;
    let loops = connections.into_iter().enumerate();
    let lanes =
        join_all(loops.map(|(index, connection)| lane(load, start, connection, move |n| call(index, n))));
    let lanes = lanes.await;
    Ok(merge(&lanes, start.elapsed()))
}

#[derive(Debug, Default)]
struct Lane {
    latencies_micros: Vec<u32>,
    failed: u64,
}

async fn lane(load: Load<'_>, start: Instant, connection: Connection, call: impl Fn(u64) -> Call) -> Lane {
    let mut lane = Lane::default();
    let mut connection = connection;
    for turn in 0.. {
        if start.elapsed() >= load.duration {
            break;
        }
        let sent = Instant::now();
        match connection.send(call(turn)).await {
            Ok(answer) if answer.status.is_success() => {
                lane.latencies_micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
            Ok(_) => lane.failed += 1,
            Err(_) => {
                lane.failed += 1;
                let Ok(fresh) = Connection::open(load.address, load.client_version).await else { break };
                connection = fresh;
            }
        }
    }
    lane
}

fn merge(lanes: &[Lane], wall: Duration) -> Tally {
    let mut latencies: Vec<u32> =
        lanes.iter().flat_map(|lane| lane.latencies_micros.iter().copied()).collect();
    latencies.sort_unstable();
    Tally {
        done: latencies.len() as u64,
        failed: lanes.iter().map(|lane| lane.failed).sum(),
        wall,
        p50_micros: percentile(&latencies, 50),
        p99_micros: percentile(&latencies, 99),
    }
}
