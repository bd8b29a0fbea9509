//! A throwaway PostgreSQL: a real server that is there while the process of the test is, and leaves nothing.
//! How it is started and cleaned away is said by the script `cluster` beside this crate's manifest.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A server with as many databases as are asked for.
pub struct Cluster {
    /// `postgresql://USER@HOST:PORT/`
    base: String,
    /// The folder that its sockets are in.
    folder: String,
    pipes: Mutex<Pipes>,
    databases: AtomicUsize,
}

struct Pipes {
    child: Child,
    /// Its end is what stops the server; the system sees to that however this process ends.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Cluster {
    /// The one server of this process, for tests that harm nobody else's database.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A server of one's own.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// A server of one's own, with more options on its command line.
    pub fn start_with(options: &str) -> Self {
        Self::start_as(&[("TILTYARD_CLUSTER_OPTIONS", options)])
    }

    /// A server that encrypts: `server` has a certificate of an authority, `self` one that vouches for itself. They lie in the
    /// folder `tls`, with `ca.pem`, and are for the name `localhost`. With a password it asks for that.
    pub fn encrypted(certificate: &str, password: &str) -> Self {
        Self::start_as(&[("TILTYARD_CLUSTER_TLS", certificate), ("TILTYARD_CLUSTER_PASSWORD", password)])
    }

    fn start_as(variables: &[(&str, &str)]) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the server under test is another program")]
        let mut child = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cluster"))
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script can be run");
        let commands = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut place = String::new();
        answers.read_line(&mut place).expect("the script speaks");
        let (base, folder) = place.trim_end().split_once(' ').expect("the server started; see above");
        let (base, folder) = (base.to_owned(), folder.to_owned());
        let pipes = Mutex::new(Pipes { child, commands, answers });
        Self { base, folder, pipes, databases: AtomicUsize::new(0) }
    }

    /// The address of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.tell(&format!("database {name}"));
        format!("{}{name}", self.base)
    }

    /// Runs statements in a database from outside, and gives what they show.
    pub fn run(&self, database: &str, sql: &str) -> String {
        let name = database.strip_prefix(&self.base).expect("a database of this server");
        let one_line: Vec<&str> = sql.split_whitespace().collect();
        self.tell(&format!("run {name} {}", one_line.join(" ")))
    }

    /// Kills the server.
    pub fn kill(&self) {
        self.tell("stop");
    }

    /// Starts it again after a kill.
    pub fn revive(&self) {
        self.tell("start");
    }

    /// The address of the server, to which the name of a database is to be added.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The folder with its sockets and its data.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// `localhost:PORT`, the name that certificates are for.
    pub fn named_address(&self) -> String {
        let port = self.base.trim_end_matches('/').rsplit(':').next().unwrap_or_default();
        format!("localhost:{port}")
    }

    fn tell(&self, command: &str) -> String {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let commands = pipes.commands.as_mut().expect("the server is there");
        writeln!(commands, "{command}").and_then(|()| commands.flush()).expect("the script listens");
        let mut said = Vec::new();
        loop {
            let mut line = String::new();
            let read = pipes.answers.read_line(&mut line).expect("the script answers");
            assert!(read > 0, "{command} failed; see above");
            match line.trim_end() {
                "done" => return said.join("\n"),
                other => said.push(other.to_owned()),
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let pipes = self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(pipes.commands.take());
        // Nothing is left to do where it cannot be waited for.
        let _ = pipes.child.wait();
    }
}
