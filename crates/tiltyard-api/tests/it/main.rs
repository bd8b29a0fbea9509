//! Black box tests of the HTTP door: a real server, a real client, a database of its own for each test.

mod experiments;
mod route_table;
