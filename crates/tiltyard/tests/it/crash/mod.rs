//! Kill -9 in a loop under load: after each kill the server starts on the same folder, everything it had acknowledged is
//! there, and nothing is half done. The load is made from a seed, which is printed.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]
#![expect(clippy::print_stdout, reason = "a soak that fails is run again with the seed that it printed")]

mod audit;
mod check;
mod database;
mod ledger;
mod load;
mod numbers;
mod writes;

pub(crate) use database::Database;
use ledger::Ledger;
use numbers::Numbers;
use tempfile::TempDir;

/// Answers after which a round's server is killed.
const ANSWERS: std::ops::Range<u64> = 40..900;

#[test]
fn nothing_acknowledged_is_lost_by_a_kill_and_nothing_is_half_done() {
    soak(8, 1, &Database::File);
}

#[test]
fn nothing_is_lost_on_postgresql_either() {
    soak(5, 1, &Database::postgres());
}

#[test]
fn a_kill_between_a_file_and_its_row_leaves_neither_half_to_be_read() {
    soak_writes(6, 3);
}

/// Kills a server that does a bit of everything, as often as told.
pub(crate) fn soak(rounds: u64, seed: u64, database: &Database) {
    wait_for(kill_again_and_again(rounds, seed, database));
}

/// Kills a server that writes files over files, as often as told.
pub(crate) fn soak_writes(rounds: u64, seed: u64) {
    wait_for(writes::kill_again_and_again(rounds, seed));
}

fn wait_for(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

async fn kill_again_and_again(rounds: u64, seed: u64, database: &Database) {
    println!("kill -9: {rounds} rounds with seed {seed}");
    let folder = TempDir::new().unwrap();
    let mut numbers = Numbers::new(seed);
    let (mut everything, mut ledger) = (Ledger::default(), Ledger::default());
    load::prepare(&database.serve(folder.path()), &mut ledger).await;
    for round in 1..=rounds {
        let server = database.serve(folder.path());
        audit::whole(folder.path(), database);
        check::acknowledged(&server, &mut ledger).await;
        everything.take_over(&mut ledger);
        let answers = numbers.within(ANSWERS);
        load::until_killed(server, &mut ledger, round, answers, numbers.next()).await;
        println!("round {round}: killed after {answers} answers");
    }
    let server = database.serve(folder.path());
    audit::whole(folder.path(), database);
    check::acknowledged(&server, &mut ledger).await;
    check::acknowledged(&server, &mut everything).await;
    println!("nothing of {everything} was lost");
}
