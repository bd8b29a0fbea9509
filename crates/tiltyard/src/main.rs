//! The `tiltyard` program: parse, build, run, drain. No decisions are taken here.

use std::process::ExitCode;

fn main() -> ExitCode {
    tiltyard::commands::main()
}
