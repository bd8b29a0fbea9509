//! The structs that travel between Tiltyard and others, and how they look as JSON and as query strings.
//! No rules of ours belong here: what a request may ask for is decided elsewhere.

#[macro_use]
mod macros;

mod limits;
pub mod mlflow;
pub mod v1;
