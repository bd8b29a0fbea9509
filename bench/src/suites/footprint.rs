//! What a server costs before anybody uses it: time to its first answer, memory when idle.
//! The store it starts on exists but is empty of content.

use std::time::Duration;

use crate::{
    failure::Outcome,
    options::Options,
    scratch::Scratch,
    server::{Kind, Recipe, Server},
};

/// One start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// From starting the program to its first answer.
    pub(crate) time: Duration,
    /// Resident memory after the idle time, summed over processes.
    pub(crate) resident_bytes: u64,
    /// The same with shared pages counted once.
    pub(crate) proportional_bytes: u64,
}

/// All starts of a contender.
#[derive(Debug)]
pub(crate) struct Footprint {
    /// Which contender.
    pub(crate) kind: Kind,
    /// One per round.
    pub(crate) starts: Vec<Start>,
}

/// Starts every contender once per round, after one start that makes its store.
pub(crate) async fn measure(
    options: &Options,
    recipes: &[Recipe],
    scratch: &Scratch,
) -> Outcome<Vec<Footprint>> {
    let mut homes = Vec::new();
    for recipe in recipes {
        let home = recipe.in_folder(scratch.folder(&format!("start-{}", recipe.kind.name()))?);
        Server::start(home.clone()).await?.stop().await?;
        homes.push((home, Footprint { kind: recipe.kind, starts: Vec::new() }));
    }
    for round in 0..options.rounds() {
        crate::say(&format!("starts, round {}", round + 1));
        for (home, footprint) in &mut homes {
            footprint.starts.push(start(home.clone(), options.sizes().idle_seconds).await?);
        }
    }
    Ok(homes.into_iter().map(|(_, footprint)| footprint).collect())
}

async fn start(home: Recipe, idle_seconds: f64) -> Outcome<Start> {
    let server = Server::start(home).await?;
    server.settle().await?;
    tokio::time::sleep(Duration::from_secs_f64(idle_seconds)).await;
    let resident_bytes = server.usage()?.resident_bytes;
    let proportional_bytes = server.proportional_bytes()?;
    let time = server.start_time;
    server.stop().await?;
    Ok(Start { time, resident_bytes, proportional_bytes })
}
