//! The local store seen from outside: a real folder, real streams, real crashes.

#![expect(clippy::expect_used, reason = "a helper of a test fails the test, as the test itself would")]

mod attacks;
mod crashes;
mod placing;
mod reading;
mod receiving;
mod support;
mod uploads;
