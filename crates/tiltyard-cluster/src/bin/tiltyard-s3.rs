//! The throwaway S3 as a program, for scripts: says in one line on stdout where it is and who may use it, and serves until its
//! stdin ends, however that comes about.
//!
//! `tiltyard-s3 [FOLDER]`: with a folder, the objects are kept there and outlive it.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use tiltyard_cluster::{ACCESS_KEY, BUCKET, S3Options, S3Server, SECRET_KEY};

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let server = match folder {
        Some(folder) => S3Server::start_in(&folder, S3Options::default()),
        None => S3Server::start(S3Options::default()),
    };
    writeln!(io::stdout(), "{} {ACCESS_KEY} {SECRET_KEY} {BUCKET}", server.url())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    drop(server);
    Ok(())
}
