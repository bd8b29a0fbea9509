//! Where results go: to stdout as text for people or as JSON for programs; remarks go to stderr.
//! How a thing looks as text is in `render`.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use super::failure::Failure;
use super::render::visible;

/// A place to print results.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a result: as JSON when that was asked for, else as the text.
    pub(super) fn show<T: Serialize>(
        self,
        result: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string_pretty(result).map_err(io::Error::from)?
        } else {
            visible(&text(result))
        };
        ignore_closed_pipe(writeln!(io::stdout(), "{text}"))
    }

    /// Remarks on the result, for people only.
    pub(super) fn remark(self, text: &str) {
        if !self.json {
            // A remark that cannot be written is no reason to fail.
            drop(writeln!(io::stderr(), "{}", visible(text)));
        }
    }
}

/// Prints a page as it is.
pub(super) fn page(text: &[u8]) -> Result<(), Failure> {
    ignore_closed_pipe(io::stdout().write_all(text))
}

/// Prints lines that are followed by others, as they are; nothing where there is none. False when the reader has seen enough.
pub(super) fn lines(text: &str) -> Result<bool, Failure> {
    if text.is_empty() {
        return Ok(true);
    }
    let mut stdout = io::stdout();
    let printed = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    let is_closed = matches!(&printed, Err(error) if error.kind() == ErrorKind::BrokenPipe);
    ignore_closed_pipe(printed)?;
    Ok(!is_closed)
}

/// A reader who has seen enough (`| head`) is not an error.
fn ignore_closed_pipe(printed: io::Result<()>) -> Result<(), Failure> {
    match printed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
