//! The `tiltyard` program: parse, build, run, drain. No decisions are taken here.

use std::io::{self, Write};

use clap::{Parser, Subcommand};

/// The model registry that decides which version may serve.
#[derive(Parser)]
#[command(version)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the page `docs/settings.md`.
    #[command(hide = true)]
    SettingsReference,
}

fn main() -> io::Result<()> {
    match Program::parse().command {
        Command::SettingsReference => io::stdout().write_all(tiltyard::settings::reference_page().as_bytes()),
    }
}
