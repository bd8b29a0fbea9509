//! Throwaway servers for tests: what Tiltyard stands on, for real, each there while the process of the test is.
//! They leave nothing behind. Nothing of Tiltyard's own is in here.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up must fail loudly"
)]

mod azurite;
mod certificates;
mod postgres;
mod s3;

pub use azurite::AzureServer;
pub use certificates::make_certificates;
pub use postgres::Cluster;
pub use s3::{ACCESS_KEY, BUCKET, S3Options, S3Server, SECRET_KEY};
