//! The command line: one module a command. Commands for people talk to a server over HTTP and print what it says.
//! Rules belong to the server; a command that starts one (`server`, `demo`) is a variant of [`Command`] as well.

mod alias;
mod artifacts;
mod backup;
mod completions;
mod connection;
mod database;
mod demo;
mod failure;
mod health;
mod history;
mod holders;
mod journal;
mod models;
mod moved;
mod output;
mod pages;
mod promote;
mod prompt;
mod render;
mod rollback;
mod runs;
mod server;
mod target;
mod transfer;
mod upkeep;
mod versions;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::ServerArguments;
use failure::{Exit, Failure};

/// Said at the end of `--help`, because pipelines depend on it.
const CONVENTIONS: &str = "\
Servers:
  Commands talk to the server in --server, TILTYARD_SERVER or MLFLOW_TRACKING_URI, else to http://127.0.0.1:5000.
  They wait for --timeout SECONDS (or TILTYARD_TIMEOUT), 30 when nothing else is said.

Output:
  Results go to stdout: tables, or JSON with --json. On a terminal, tables cut long values; piped or as JSON they are whole.
  Errors go to stderr: two lines, or with --json one object with error_code, message, next and exit_code.
  Commands that ask before they act need --yes where there is no terminal; every command that changes something takes it.

Exit codes:
  0  done
  1  the server refused, or something failed
  2  the command line was wrong, or a question could not be asked
  3  what was named does not exist
  4  the server cannot be reached, does not answer in time, or is not a registry";

/// The model registry that decides which version may serve.
#[derive(Debug, Parser)]
#[command(name = "tiltyard", version, after_help = CONVENTIONS)]
pub(crate) struct Program {
    #[command(subcommand)]
    command: Command,
}

/// Everything the program can do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run the registry's server; takes the flags of `mlflow server`
    Server(Box<ServerArguments>),
    /// Copy a SQLite database while its server runs
    Backup(backup::Backup),
    /// Tell a database that its bytes are in another place now
    Moved(moved::Moved),
    /// Watch three versions come, one go wrong and be rolled back, on a throwaway server
    Demo,
    /// List, show, create, rename and delete models
    Models(models::Models),
    /// List, show, register, download, bundle, tag and delete versions
    Versions(versions::Versions),
    /// List, show, delete and restore runs
    Runs(runs::Runs),
    /// Set, get, delete and list aliases
    Alias(alias::Alias),
    /// Move a stage or an alias to a version
    Promote(promote::Promote),
    /// Give a stage or an alias back to the version that held it before
    Rollback(rollback::Rollback),
    /// Show which version held which stage or alias, and when
    History(history::History),
    /// Remove bytes that nothing refers to
    Gc(upkeep::Gc),
    /// Take deleted runs, logged models and experiments away for good
    Purge(upkeep::Purge),
    /// Look whether all bytes are there and unaltered
    Fsck(upkeep::Fsck),
    /// Move bytes to another place, and see what the server does in the background
    Store(upkeep::Store),
    /// Show every change of the registry, or follow them as they happen
    Journal(journal::Journal),
    /// Ask a server whether it is ready
    Health(health::Health),
    /// Print completions for a shell, as in `source <(tiltyard completions bash)`
    Completions(completions::Completions),
    /// Print the page `docs/settings.md`
    #[command(hide = true)]
    SettingsReference,
}

/// Reads the command line, runs the command, and says on stderr what went wrong.
pub(crate) fn main() -> ExitCode {
    let command = match Program::try_parse() {
        Ok(program) => program.command,
        Err(misunderstood) => return explain(&misunderstood),
    };
    let json = command.json();
    let ended = match command {
        Command::Server(arguments) => server::run(&arguments),
        Command::Backup(command) => command.run(),
        Command::Moved(command) => in_place(command.run()),
        Command::Demo => wait_for(demo::run()),
        Command::Completions(command) => command.run(),
        Command::SettingsReference => output::page(crate::settings::reference_page().as_bytes()),
        Command::Models(command) => wait_for(command.run()),
        Command::Versions(command) => wait_for(command.run()),
        Command::Runs(command) => wait_for(command.run()),
        Command::Alias(command) => wait_for(command.run()),
        Command::Promote(command) => wait_for(command.run()),
        Command::Rollback(command) => wait_for(command.run()),
        Command::History(command) => wait_for(command.run()),
        Command::Gc(command) => wait_for(command.run()),
        Command::Purge(command) => wait_for(command.run()),
        Command::Fsck(command) => wait_for(command.run()),
        Command::Store(command) => wait_for(command.run()),
        Command::Journal(command) => wait_for(command.run()),
        Command::Health(command) => wait_for(command.run()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(json),
    }
}

impl Command {
    /// Whether results and errors are for programs.
    fn json(&self) -> bool {
        match self {
            Self::Models(command) => command.connection.json(),
            Self::Versions(command) => command.connection.json(),
            Self::Runs(command) => command.connection.json(),
            Self::Alias(command) => command.connection.json(),
            Self::Promote(command) => command.connection.json(),
            Self::Rollback(command) => command.connection.json(),
            Self::History(command) => command.connection.json(),
            Self::Gc(command) => command.connection.json(),
            Self::Purge(command) => command.connection.json(),
            Self::Fsck(command) => command.connection.json(),
            Self::Store(command) => command.connection.json(),
            Self::Journal(command) => command.connection.json(),
            Self::Health(command) => command.connection.json(),
            Self::Server(_)
            | Self::Backup(_)
            | Self::Moved(_)
            | Self::Demo
            | Self::Completions(_)
            | Self::SettingsReference => false,
        }
    }
}

/// Prints the help that was asked for, or says what is wrong with the command line.
fn explain(misunderstood: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    if json && misunderstood.use_stderr() {
        let text = misunderstood.render().to_string();
        let message = text.trim_start_matches("error: ").trim_end();
        return Failure::new(Exit::Usage, message).report(true);
    }
    // When the terminal is gone there is nobody left to tell.
    drop(misunderstood.print());
    ExitCode::from(u8::try_from(misunderstood.exit_code()).unwrap_or(Exit::Usage as u8))
}

/// Runs a command that works on a database itself, which may hold up the thread it is on.
fn in_place(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}

/// Runs a command for people on this thread; one conversation with a server needs no more.
fn wait_for(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}
