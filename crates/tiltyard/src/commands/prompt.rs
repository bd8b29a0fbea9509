//! Asking before something is done that cannot be undone, or that moves traffic.
//! What is asked about is the command's business.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use super::failure::{Exit, Failure};
use super::render::visible;

/// The flag of commands that ask first.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Consent {
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
}

/// The same flag on commands that change something and never ask, so that scripts may give it to all of them.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct NeverAsks {
    /// Accepted for scripts; this command never asks
    #[arg(long = "yes", short = 'y')]
    _yes: bool,
}

impl Consent {
    /// Asks the person at the terminal; without one, and without `--yes`, nothing is done.
    pub(super) fn ask(self, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            let message = format!("there is no terminal to ask on: {question}");
            return Err(Failure::new(Exit::Usage, message).next("add --yes if you are sure"));
        }
        write!(io::stderr(), "{} [y/N] ", visible(question))?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
            Ok(())
        } else {
            Err(Failure::new(Exit::Refused, "nothing was done"))
        }
    }
}
