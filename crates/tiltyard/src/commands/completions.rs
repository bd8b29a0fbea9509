//! `tiltyard completions`: what a shell needs to complete our commands and flags.
//! It talks to no server.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Program;
use super::failure::Failure;
use super::output;

/// Print completions for a shell, as in `source <(tiltyard completions bash)`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Program::command(), "tiltyard", &mut script);
        output::page(&script)
    }
}
