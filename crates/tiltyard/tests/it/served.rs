//! The program as a server in a process of its own, so that it can be killed, told to stop, and started again.
//! What is asked of it stands in the tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot run the program should stop there")]
#![expect(
    clippy::disallowed_methods,
    reason = "running the program from outside is what these tests are for"
)]

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tiltyard_testkit::Http;

/// How long anything may take that should take a moment, on a machine that has other things to do.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A server in a process of its own. Dropping it kills it.
pub(crate) struct Served {
    http: Http,
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Served {
    /// Starts the program on a folder and waits until it says where it listens.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// The same with more flags.
    pub(crate) fn start_with(folder: &Path, flags: &[&str]) -> Self {
        Self::start_as(folder, flags, &[] as &[(&str, &str)])
    }

    /// The same with variables.
    pub(crate) fn start_as(folder: &Path, flags: &[&str], variables: &[(&str, impl AsRef<str>)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (name, value.as_ref()));
        let mut child = command(folder).args(flags).envs(variables).spawn().unwrap();
        let log = Arc::default();
        let (sender, announced) = channel();
        let (stderr, lines) = (child.stderr.take().unwrap(), Arc::clone(&log));
        thread::spawn(move || listen(stderr, &lines, &sender));
        let url = announced.recv_timeout(PATIENCE);
        let url = url.unwrap_or_else(|_| panic!("the server did not start: {}", log.lock().unwrap()));
        Self { http: Http::to(url), child, log }
    }

    /// Ends it without warning, as a crash or a lost machine would, and gives what it had logged.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log()
    }

    /// Sends a signal such as `TERM`, and does not wait.
    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
    }

    /// Waits until the process has ended.
    pub(crate) fn ended(mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the process to end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// How many files it may have open: now, and by the machine's leave.
    pub(crate) fn open_files(&self) -> (String, String) {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
        let mut columns = line.split_whitespace().map(str::to_owned);
        (columns.next().unwrap(), columns.next().unwrap())
    }

    /// A line of what the system says about its memory, in KiB: `VmRSS` now, `VmHWM` at most so far.
    pub(crate) fn memory_kib(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let found = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
        found.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.http.url.split_once("://").unwrap().1.parse().unwrap()
    }

    /// A connection of one's own.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// A way to it that may be given to a task.
    pub(crate) fn http(&self) -> Http {
        self.http.clone()
    }
}

impl Deref for Served {
    type Target = Http;

    fn deref(&self) -> &Http {
        &self.http
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Starts the program where it should refuse to start, and gives its exit code and what it said.
pub(crate) fn refusal(folder: &Path, flags: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let child = command(folder).args(flags).envs(variables.iter().copied()).spawn().unwrap();
    // It lives in a `Served` so that it is killed when it does start and this waits in vain.
    let mut server = Served { http: Http::to(""), child, log: Arc::default() };
    let mut said = String::new();
    let mut stderr = server.child.stderr.take().unwrap();
    wait_until("the program to refuse", || server.child.try_wait().unwrap().is_some());
    stderr.read_to_string(&mut said).unwrap();
    (server.ended().code().unwrap(), said)
}

/// The program on a folder and a free port, with nothing of this process's environment, and at first with few open files.
fn command(folder: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "ulimit -S -n 64 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_tiltyard")]);
    command.args(["server", "--port", "0"]).current_dir(folder).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Keeps what the process says, so that it is never held up, and tells where it listens.
fn listen(stderr: impl Read, log: &Mutex<String>, announced: &Sender<String>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if let Some(url) = line.strip_prefix("Tiltyard listens on ") {
            // A test that no longer waits needs no address.
            drop(announced.send(url.to_owned()));
        }
        let mut log = log.lock().unwrap();
        log.push_str(&line);
        log.push('\n');
    }
}

/// Looks again and again until something is so; gives up when patience ends.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "waited for {what}, in vain");
        thread::sleep(Duration::from_millis(2));
    }
}
