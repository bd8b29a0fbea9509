//! Black box tests of the HTTP door: a real server, a real client, a database of its own for each test.

mod experiments;
mod metrics;
mod route_table;
mod search;
mod runs;
