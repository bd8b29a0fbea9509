//! Black box tests of the HTTP door: a real server, a real client, a database of its own for each test.

mod artifacts;
mod experiments;
mod lineage;
mod logged_models;
mod metrics;
mod route_table;
mod runs;
mod search;
