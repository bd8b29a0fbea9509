//! The `tiltyard` program: parse, run, say how it ended. No decisions are taken here.

use std::process::ExitCode;

fn main() -> ExitCode {
    tiltyard::commands::main()
}
