//! The crash test for as many rounds as one likes: `cargo test -p tiltyard --test soak -- ROUNDS [SEED] [postgresql]`.

#![expect(clippy::print_stderr, reason = "it says how it is used")]

#[path = "../it/crash/mod.rs"]
mod crash;
#[path = "../it/served.rs"]
#[expect(dead_code, reason = "other tests ask for more of a server than this one")]
mod served;

use std::process::ExitCode;

fn main() -> ExitCode {
    let on_postgres = std::env::args().any(|argument| argument == "postgresql");
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(rounds)), seed) = (numbers.next(), numbers.next().and_then(Result::ok)) else {
        eprintln!("usage: cargo test -p tiltyard --test soak -- ROUNDS [SEED] [postgresql]");
        return ExitCode::from(2);
    };
    let seed = seed.unwrap_or(1);
    crash::soak(rounds, seed, &if on_postgres { crash::Database::postgres() } else { crash::Database::File });
    crash::soak_writes(rounds, seed);
    ExitCode::SUCCESS
}
