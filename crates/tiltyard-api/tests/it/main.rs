//! Black box tests of the HTTP door: a real server, a real client, a database of its own for each test.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must fail loudly")]

mod artifacts;
mod experiments;
mod idempotency;
mod journal;
mod lineage;
mod logged_models;
mod metrics;
mod patience;
mod readiness;
mod route_table;
mod runs;
mod search;
mod statements;
mod upkeep;
