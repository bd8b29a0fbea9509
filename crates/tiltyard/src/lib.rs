//! The parts of the `tiltyard` binary that are worth testing.
//! `main` only parses and runs; decisions belong to the crates below.

pub mod commands;
