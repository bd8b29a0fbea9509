//! The timeline on the terminal: chapters, and in them what was asked and what the server answered.

use crate::commands::failure::Failure;
use crate::commands::output::page;

/// Begins a chapter.
pub(super) fn chapter(title: &str) -> Result<(), Failure> {
    line(&format!("\n{title}"))
}

/// What was asked of the server.
pub(super) fn asked(what: &str) -> Result<(), Failure> {
    line(&format!("  asked     {what}"))
}

/// What the server answered.
pub(super) fn answered(what: &str) -> Result<(), Failure> {
    line(&format!("  answered  {what}"))
}

/// A line of its own.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    page(format!("{text}\n").as_bytes())
}
