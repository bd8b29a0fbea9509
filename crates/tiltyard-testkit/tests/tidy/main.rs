//! Rules about the repository itself that no compiler checks: who may use whom, what may stand where, how long a file is.
//! What the program does is tested elsewhere. Each rule also shows here that it can be broken.

#![expect(clippy::unwrap_used, reason = "a repository that cannot be read must fail loudly")]

mod dependencies;
mod manifest;
mod places;
mod sources;
mod words;

/// Fails with every offence, one a line.
#[track_caller]
fn none(offences: impl IntoIterator<Item = String>) {
    let offences: Vec<_> = offences.into_iter().collect();
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}
