//! The `tiltyard` binary's parts: settings, telemetry and the commands.
//! What a server does with them belongs to the crates below; decisions are taken in the server.

pub mod clock;
pub mod commands;
pub mod settings;
pub mod telemetry;
