//! Stores of bytes seen from outside: one contract for every kind, on real folders and real servers, and what is so about each
//! kind alone.

#![expect(clippy::expect_used, reason = "a helper of a test fails the test, as the test itself would")]

mod azure;
mod contract;
mod google;
mod ground;
mod local;
mod s3;
mod support;
