//! The benchmark: the same work on `MLflow`'s server, on Tiltyard and on a bare HTTP server, interleaved in one run.
//! It measures and reports; it tests nothing and holds no code that the servers use.

mod bare;
mod client;
mod contender;
mod failure;
mod load;
mod machine;
mod options;
mod process;
mod report;
mod requests;
mod scenario;
mod scratch;
mod seed;
mod server;
mod stats;
mod suites;

use std::{fs, io::Write as _, process::ExitCode};

use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use failure::{During as _, Failure, Outcome};
use options::Options;

/// The bare server allocates as Tiltyard does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Outcome<()> {
    if let Some(port) = options.serve_bare {
        // All cores, as a server has them.
        let runtime = tokio::runtime::Runtime::new().during("starting the runtime")?;
        return runtime.block_on(bare::serve(port));
    }
    // One thread: the load generator leaves the other cores to the server it measures.
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().during("starting the runtime")?;
    runtime.block_on(measure(options))
}

async fn measure(options: &Options) -> Outcome<()> {
    if options.suite == options::Suite::Scale {
        let results = tokio::select! {
            results = Box::pin(suites::scale::run(options)) => results?,
            failure = interrupted() => return Err(failure),
        };
        return publish(options, |notes| report::scale::markdown(options, &results, notes));
    }
    // Dropping the run ends its servers and removes its folder, so an interrupted benchmark leaves nothing behind.
    let results = tokio::select! {
        results = Box::pin(suites::run(options)) => results?,
        failure = interrupted() => return Err(failure),
    };
    publish(options, |notes| report::markdown(options, &results, notes))
}

fn publish(options: &Options, report: impl FnOnce(&str) -> String) -> Outcome<()> {
    let notes = match &options.notes {
        Some(file) => fs::read_to_string(file).during(format!("reading {}", file.display()))?,
        None => String::new(),
    };
    let report = report(&notes);
    if let Some(file) = &options.out {
        fs::write(file, &report).during(format!("writing {}", file.display()))?;
    }
    std::io::stdout().write_all(report.as_bytes()).during("printing the report")
}

async fn interrupted() -> Failure {
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {},
                _ = terminate.recv() => {},
            }
            Failure::new("interrupted; servers ended, folders removed")
        }
        _ => Failure::new("cannot listen for Ctrl-C"),
    }
}

/// Tells how far the run is, on standard error.
pub(crate) fn say(text: &str) {
    // Progress nobody can read is no reason to stop measuring.
    let _ = writeln!(std::io::stderr(), "{text}");
}
