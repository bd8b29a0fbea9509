//! The `tiltyard` program: parse, run, say how it ended. No decisions are taken here.
//! What a server does belongs to the crates below; this one holds settings, commands, log lines and the clock.

mod clock;
mod commands;
mod limits;
mod settings;
mod telemetry;

use std::process::ExitCode;

/// Steadier in a long-lived server than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::main()
}
