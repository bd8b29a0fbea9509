//! The timeline on the terminal: chapters, and in them what was asked and what the server answered.

use crate::commands::failure::Failure;
use crate::commands::output::print;

/// Writes the timeline as it happens.
#[derive(Default)]
pub(super) struct Timeline {
    chapters: u32,
}

impl Timeline {
    pub(super) fn chapter(&mut self, title: &str) -> Result<(), Failure> {
        self.chapters += 1;
        print(&format!("\n{}. {title}", self.chapters))
    }

    pub(super) fn asked(&self, what: &str) -> Result<(), Failure> {
        print(&format!("   asked     {what}"))
    }

    pub(super) fn answered(&self, what: &str) -> Result<(), Failure> {
        print(&format!("   answered  {what}"))
    }

    pub(super) fn note(&self, text: &str) -> Result<(), Failure> {
        print(&format!("   {text}"))
    }
}
