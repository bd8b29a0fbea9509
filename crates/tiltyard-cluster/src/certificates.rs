//! Certificates for tests, made by openssl.

use std::path::Path;
use std::process::Command;

/// Makes certificates in a folder, or new ones in the place of those that are there; the script `certificates` beside this
/// crate's manifest says which.
pub fn make_certificates(folder: &Path, names: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "certificates of tests are made by openssl")]
    let made =
        Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/certificates")).arg(folder).args(names).status();
    assert!(made.expect("the script can be run").success(), "openssl made no certificates");
}
