//! The `tiltyard` program: parse, run, say how it ended. No decisions are taken here.

use std::process::ExitCode;

/// Steadier in a long-lived server than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tiltyard::commands::main()
}
