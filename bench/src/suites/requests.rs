//! Rounds of requests: every round visits every server once, so that a noisy neighbour disturbs all alike.
//! What is requested is in `scenario`; what the figures mean is in `report`.

use std::time::Duration;

use serde_json::Value;

use crate::{
    bare,
    client::Call,
    contender::Contender,
    failure::{During as _, Failure, Outcome},
    load::{self, Load, Tally},
    options::Options,
    scenario::Scenario,
    server::Kind,
    stats::{self, Spread, float},
};

/// No round sends more requests per connection than this, so turns of different rounds never meet.
pub(super) const TURNS_PER_ROUND: u64 = 1_000_000;

/// One server's part of a round.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// What the load generator saw.
    pub(crate) tally: Tally,
    /// CPU time of the server, its idle use taken off.
    pub(crate) cpu: Duration,
}

impl Round {
    /// CPU time of one successful request.
    pub(crate) fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / float(self.tally.done.max(1))
    }
}

/// A scenario at a number of connections: rounds of each contender, in the same order.
#[derive(Debug)]
pub(crate) struct Cell {
    /// The scenario.
    pub(crate) scenario: Scenario,
    /// Runs in the store that is searched.
    pub(crate) runs_in_store: usize,
    /// Connections at once.
    pub(crate) connections: usize,
    /// Rounds by contender.
    pub(crate) rounds: Vec<(Kind, Vec<Round>)>,
}

impl Cell {
    /// Rounds of a contender; empty if it did not take part.
    pub(crate) fn rounds_of(&self, kind: Kind) -> &[Round] {
        self.rounds.iter().find(|(known, _)| *known == kind).map_or(&[], |(_, rounds)| rounds)
    }

    /// Median over the rounds of a contender.
    pub(crate) fn median(&self, kind: Kind, of: impl Fn(&Round) -> f64) -> Option<f64> {
        stats::median(&self.rounds_of(kind).iter().map(of).collect::<Vec<_>>())
    }

    /// Tells the medians at once: a long run that is interrupted has then not been for nothing.
    fn say(&self) {
        for (kind, rounds) in &self.rounds {
            let micros = self.median(*kind, Round::cpu_micros).unwrap_or_default();
            let done: u64 = rounds.iter().map(|round| round.tally.done).sum();
            let failed: u64 = rounds.iter().map(|round| round.tally.failed).sum();
            crate::say(&format!("  {}: {micros:.0} µs CPU, {done} done, {failed} failed", kind.name()));
        }
    }

    /// CPU per request of `dearer` over that of `cheaper`, round by round.
    pub(crate) fn ratio(&self, dearer: Kind, cheaper: Kind) -> Option<Spread> {
        let pairs = self.rounds_of(dearer).iter().zip(self.rounds_of(cheaper));
        let ratios = pairs.map(|(dear, cheap)| dear.cpu_micros() / cheap.cpu_micros().max(f64::EPSILON));
        stats::spread(&ratios.collect::<Vec<_>>())
    }
}

/// All contenders, and how long they are worked.
#[derive(Debug)]
pub(crate) struct Field {
    contenders: Vec<Contender>,
    rounds: u32,
    round: Duration,
    warm_up: Duration,
    rounds_so_far: u64,
}

impl Field {
    /// Puts contenders together.
    pub(crate) fn new(options: &Options, contenders: Vec<Contender>) -> Self {
        Self {
            contenders,
            rounds: options.rounds(),
            round: Duration::from_secs_f64(options.round_seconds()),
            warm_up: Duration::from_secs_f64(options.sizes().warm_up_seconds),
            rounds_so_far: 0,
        }
    }

    /// The contenders.
    pub(crate) fn contenders(&self) -> &[Contender] {
        &self.contenders
    }

    /// Adds runs to every store until there are `count`.
    pub(crate) async fn grow(&mut self, count: usize) -> Outcome<()> {
        for contender in &mut self.contenders {
            crate::say(&format!("growing {} to {count} runs", contender.kind().name()));
            contender.grow(count).await?;
        }
        Ok(())
    }

    /// Measures a scenario at each of its numbers of connections.
    pub(crate) async fn measure(&mut self, scenario: &Scenario) -> Outcome<Vec<Cell>> {
        self.compare_answers(scenario).await?;
        let mut cells = Vec::new();
        for connections in scenario.connections {
            crate::say(&format!("{} at {connections} connections", scenario.name));
            let cell = self.measure_at(scenario, *connections).await?;
            cell.say();
            cells.push(cell);
        }
        Ok(cells)
    }

    async fn measure_at(&mut self, scenario: &Scenario, connections: usize) -> Outcome<Cell> {
        let (round, warm_up) = (self.round, self.warm_up);
        let runs_in_store = self.contenders.first().map_or(0, |contender| contender.content.runs.len());
        let kinds = self.contenders.iter().map(|contender| (contender.kind(), Vec::new()));
        let mut cell = Cell { scenario: *scenario, runs_in_store, connections, rounds: kinds.collect() };
        self.each(scenario, connections, warm_up).await?;
        for _ in 0..self.rounds {
            let visited = self.each(scenario, connections, round).await?;
            for ((_, rounds), seen) in cell.rounds.iter_mut().zip(visited) {
                rounds.push(seen);
            }
        }
        Ok(cell)
    }

    async fn each(
        &mut self,
        scenario: &Scenario,
        connections: usize,
        length: Duration,
    ) -> Outcome<Vec<Round>> {
        self.rounds_so_far += 1;
        let first_turn = self.rounds_so_far * TURNS_PER_ROUND;
        let mut seen = Vec::new();
        for contender in &self.contenders {
            seen.push(visit(contender, scenario, connections, length, first_turn).await?);
        }
        Ok(seen)
    }

    /// Asks every server once: answers that differ are not the same work, and their length is what `bare` shall send.
    async fn compare_answers(&mut self, scenario: &Scenario) -> Outcome<()> {
        let mut answers = Vec::new();
        for contender in self.contenders.iter().filter(|contender| contender.kind() != Kind::Bare) {
            let call = (scenario.call)(&contender.content, 0, 0);
            answers.push((contender.kind(), contender.ask(&call).await?));
        }
        if scenario.comparable {
            refuse_different_answers(scenario.name, &answers)?;
        }
        let length = answers.last().map_or(2, |(_, answer)| answer.len());
        for contender in self.contenders.iter().filter(|contender| contender.kind() == Kind::Bare) {
            let path = format!("{}/{length}", bare::ANSWER_LENGTH_PATH);
            contender.ask(&Call::get(path)).await?;
        }
        Ok(())
    }
}

pub(super) async fn visit(
    contender: &Contender,
    scenario: &Scenario,
    connections: usize,
    duration: Duration,
    first_turn: u64,
) -> Outcome<Round> {
    let (address, client_version) = (contender.server.address, contender.client_version());
    let load = Load { address, client_version, connections, duration };
    let before = contender.server.usage()?.cpu;
    let call = |lane, turn| (scenario.call)(&contender.content, lane, first_turn + turn);
    let tally = load::drive(load, call).await?;
    let cpu = contender.cpu_since(before, tally.wall)?;
    Ok(Round { tally, cpu })
}

fn refuse_different_answers(name: &str, answers: &[(Kind, bytes::Bytes)]) -> Outcome<()> {
    let mut told = Vec::new();
    for (kind, answer) in answers {
        let value: Value =
            serde_json::from_slice(answer).during(format!("parsing an answer of {}", kind.name()))?;
        let mut facts = Vec::new();
        collect_facts(&value, &mut facts);
        told.push((kind.name(), facts));
    }
    let Some((first, facts)) = told.first() else { return Ok(()) };
    match told.iter().find(|(_, others)| others != facts) {
        None => Ok(()),
        Some((other, others)) => {
            Err(Failure::new(format!("'{name}': {first} answers {facts:?} where {other} answers {others:?}")))
        }
    }
}

/// What must agree: names, versions, stages, in order. Ids and times differ by nature; aliases are left out because
/// `MLflow` forgets them in searches.
fn collect_facts(value: &Value, facts: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_facts(item, facts)),
        Value::Object(fields) => {
            for (key, field) in fields {
                let compared = ["run_name", "name", "version", "current_stage"].contains(&key.as_str());
                if compared {
                    facts.push(format!("{key}={field}"));
                } else {
                    collect_facts(field, facts);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers(stage: &str) -> Vec<(Kind, bytes::Bytes)> {
        let answer = |id: &str, stage: &str| {
            json!({"model_version": {"name": "m", "run_id": id, "current_stage": stage}}).to_string().into()
        };
        vec![(Kind::Mlflow, answer("a", "None")), (Kind::Tiltyard, answer("b", stage))]
    }

    #[test]
    fn answers_may_differ_in_ids_but_not_in_stages() {
        assert!(refuse_different_answers("get version", &answers("None")).is_ok());
        assert!(refuse_different_answers("get version", &answers("Staging")).is_err());
    }
}
