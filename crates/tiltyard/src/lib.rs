//! The parts of the `tiltyard` binary that are worth testing: the clock, commands, settings and telemetry.
//! What a server does with them belongs to the crates below; `main` only parses, builds, runs and drains.

pub mod clock;
pub mod commands;
mod limits;
pub mod settings;
pub mod telemetry;
