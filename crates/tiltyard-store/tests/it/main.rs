//! The store's contract, and the engines that must keep it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must fail loudly")]

#[macro_use]
mod contract;
mod every;
mod postgres;
mod sqlite;
