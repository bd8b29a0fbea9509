//! What tests of several crates need: a real server on a free port with a database of its own, and a clock that tests move.
//! Nothing here is part of the product.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up must fail loudly"
)]

mod clock;
mod http;
mod server;

pub use clock::MovingClock;
pub use http::{Answer, Http};
pub use server::TestServer;
