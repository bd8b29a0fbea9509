//! Running the program and looking at how it ended.

#![expect(clippy::unwrap_used, reason = "a test that cannot run the program should stop there")]
#![expect(
    clippy::disallowed_methods,
    reason = "running the program from outside is what these tests are for"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;
use tiltyard_testkit::Http;

use crate::served::Served;

/// The program, with or without a server to speak to.
pub(crate) struct Program {
    server: Option<(Served, TempDir)>,
}

/// How it ended.
pub(crate) struct Ended {
    arguments: String,
    output: Output,
}

/// A name that no other test and no earlier run has used.
pub(crate) fn unique(start: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("{start}-{now}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Program {
    pub(crate) fn alone() -> Self {
        Self { server: None }
    }

    /// With a server of its own, on an empty folder.
    pub(crate) fn on_server() -> Self {
        let folder = TempDir::new().unwrap();
        Self { server: Some((Served::start(folder.path()), folder)) }
    }

    /// A way to its server.
    pub(crate) fn http(&self) -> Http {
        self.server.as_ref().unwrap().0.http()
    }

    /// The folder its server keeps everything in.
    pub(crate) fn data(&self) -> &Path {
        self.server.as_ref().unwrap().1.path()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    /// The same with more variables.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&'static str, String)]) -> Ended {
        let mut command = self.command(arguments);
        command.envs(variables.iter().cloned());
        Ended { arguments: arguments.join(" "), output: command.output().unwrap() }
    }

    /// Starts it and leaves it running; whoever asked for that ends it.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).spawn().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiltyard"));
        command.args(arguments).stdin(Stdio::null());
        command.env_remove("TILTYARD_SERVER").env_remove("MLFLOW_TRACKING_URI");
        if let Some((server, _)) = &self.server {
            command.env("TILTYARD_SERVER", &server.url);
        }
        command
    }
}

/// A new folder with these files in it.
pub(crate) fn folder_with(files: &[(&str, &str)]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique("folder"));
    for (path, content) in files {
        let place: PathBuf = folder.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

/// The text of a file.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap()
}

impl Ended {
    #[track_caller]
    pub(crate) fn succeeds(&self) -> &Self {
        self.fails(0)
    }

    #[track_caller]
    pub(crate) fn fails(&self, exit_code: i32) -> &Self {
        assert_eq!(
            self.output.status.code(),
            Some(exit_code),
            "tiltyard {}: {}",
            self.arguments,
            self.text()
        );
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, part: &str) -> &Self {
        assert!(self.text().contains(part), "tiltyard {}: {}", self.arguments, self.text());
        self
    }

    /// What it printed, without its remarks.
    pub(crate) fn printed(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    /// What it said beside that.
    pub(crate) fn remarks(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    /// What it told programs about its failure: one line of JSON on stderr, and nothing on stdout.
    #[track_caller]
    pub(crate) fn failure(&self) -> Value {
        assert_eq!(self.printed(), "", "tiltyard {}", self.arguments);
        serde_json::from_str(&self.remarks())
            .unwrap_or_else(|_| panic!("tiltyard {}: {}", self.arguments, self.remarks()))
    }

    /// What it printed as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        self.succeeds();
        serde_json::from_str(&self.printed()).unwrap()
    }

    fn text(&self) -> String {
        let (out, err) = (&self.output.stdout, &self.output.stderr);
        format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
    }
}
