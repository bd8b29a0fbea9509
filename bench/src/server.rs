//! Starts a contender in a folder of its own and ends it, with everything it started.
//! What it is asked afterwards is not decided here.

use std::{
    ffi::OsString,
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    client,
    failure::{During as _, Failure, Outcome},
    process::{self, Usage},
};

const START_TIMEOUT: Duration = Duration::from_mins(3);
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const SETTLE_STEP: Duration = Duration::from_secs(1);
/// CPU seconds per second below which a server counts as resting.
const RESTING_CPU: f64 = 0.1;
const POLL: Duration = Duration::from_millis(2);

/// The three servers that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `MLflow`'s own server, the reference.
    Mlflow,
    /// Tiltyard.
    Tiltyard,
    /// The web framework alone.
    Bare,
}

impl Kind {
    /// Name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mlflow => "MLflow",
            Self::Tiltyard => "Tiltyard",
            Self::Bare => "bare",
        }
    }
}

/// How to start a contender: enough to do it again.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// Which one.
    pub(crate) kind: Kind,
    /// Its program.
    pub(crate) program: PathBuf,
    /// Its folder: database, artifacts, log, temporary files.
    pub(crate) folder: PathBuf,
    /// The address of its database, if that is not the `SQLite` file.
    pub(crate) store: Option<String>,
}

impl Recipe {
    /// The same server on another folder.
    pub(crate) fn in_folder(&self, folder: PathBuf) -> Self {
        Self { folder, ..self.clone() }
    }

    /// The `SQLite` file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("store.db")
    }

    /// Where the server is told to put temporary files.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    fn arguments(&self, port: u16) -> Vec<OsString> {
        let text = |value: &str| OsString::from(value);
        if self.kind == Kind::Bare {
            return vec![text("--serve-bare"), port.to_string().into()];
        }
        let store = match &self.store {
            // Other drivers of SQLAlchemy's are not installed with MLflow.
            Some(address) if self.kind == Kind::Mlflow => {
                address.replacen("postgresql://", "postgresql+psycopg2://", 1).into()
            }
            Some(address) => address.into(),
            None => {
                let mut file = text("sqlite:///");
                file.push(self.database());
                file
            }
        };
        let artifacts = self.folder.join("artifacts").into_os_string();
        vec![
            text("server"),
            text("--host"),
            text("127.0.0.1"),
            text("--port"),
            port.to_string().into(),
            text("--backend-store-uri"),
            store,
            text("--artifacts-destination"),
            artifacts,
        ]
    }

    #[expect(clippy::disallowed_methods, reason = "comparing servers means running them")]
    fn command(&self, port: u16) -> Outcome<Command> {
        let temporary = self.temporary();
        fs::create_dir_all(&temporary).during(format!("creating {}", temporary.display()))?;
        let log = File::create(self.log()).during("creating the server's log")?;
        let errors = log.try_clone().during("sharing the server's log")?;
        let mut command = Command::new(&self.program);
        command.args(self.arguments(port)).current_dir(&self.folder);
        command.env("TMPDIR", temporary).env("MLFLOW_DISABLE_TELEMETRY", "true").env("DO_NOT_TRACK", "true");
        // A group of its own: a Ctrl-C in the terminal reaches the benchmark only, which then ends the servers.
        command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        Ok(command)
    }
}

/// A running contender; ended on drop.
#[derive(Debug)]
pub(crate) struct Server {
    /// How it was started.
    pub(crate) recipe: Recipe,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From starting the program to its first answer.
    pub(crate) start_time: Duration,
    child: Child,
    id: i32,
}

impl Server {
    /// Starts and waits for the first answer.
    pub(crate) async fn start(recipe: Recipe) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = recipe.command(port)?;
        let start = Instant::now();
        let child = command.spawn().during(format!("starting {}", recipe.program.display()))?;
        let id = i32::try_from(child.id()).during("reading a process id")?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Self { recipe, address, start_time: Duration::ZERO, child, id };
        server.wait_for_answer(start).await?;
        server.start_time = start.elapsed();
        Ok(server)
    }

    /// What its process tree has used so far.
    pub(crate) fn usage(&self) -> Outcome<Usage> {
        process::usage_of_tree(self.id)
    }

    /// The most memory that was ever resident, summed over the processes that are there.
    pub(crate) fn peak_bytes(&self) -> Outcome<u64> {
        process::peak_bytes_of_tree(self.id)
    }

    /// Memory with shared pages counted once.
    pub(crate) fn proportional_bytes(&self) -> Outcome<u64> {
        process::proportional_bytes_of_tree(self.id)
    }

    /// Waits until the server has come to rest: `MLflow` answers while most of its workers are still starting.
    pub(crate) async fn settle(&self) -> Outcome<()> {
        let start = Instant::now();
        while start.elapsed() < START_TIMEOUT {
            let before = self.usage()?.cpu;
            tokio::time::sleep(SETTLE_STEP).await;
            if self.usage()?.cpu.saturating_sub(before) < SETTLE_STEP.mul_f64(RESTING_CPU) {
                return Ok(());
            }
        }
        Err(Failure::new(format!("{} never came to rest after starting", self.recipe.kind.name())))
    }

    /// Asks it to stop and waits, so that its database is closed properly.
    pub(crate) async fn stop(mut self) -> Outcome<()> {
        signal(self.id, Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < STOP_TIMEOUT {
            if self.child.try_wait().during("waiting for a server to stop")?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        Err(Failure::new(format!("{} did not stop when asked", self.recipe.kind.name())))
    }

    async fn wait_for_answer(&mut self, start: Instant) -> Outcome<()> {
        while client::probe(self.address, "/health").await.is_none() {
            let ended = self.child.try_wait().during("looking after a server")?.is_some();
            if ended || start.elapsed() > START_TIMEOUT {
                let name = self.recipe.kind.name();
                let log = last_lines(&self.recipe.log());
                return Err(Failure::new(format!("{name} did not start; the end of its log:\n{log}")));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gathered first: once the parent is gone its workers can no longer be told from strangers.
        let ids = process::ids_of_tree(self.id).unwrap_or_default();
        for id in ids {
            signal(id, Signal::KILL);
        }
        // Only reaps what has just been killed; there is nobody to tell if it fails.
        let _ = self.child.wait();
    }
}

fn signal(id: i32, signal: Signal) {
    if let Some(id) = Pid::from_raw(id) {
        // The process may have ended by itself, which is what is wanted.
        let _ = kill_process(id, signal);
    }
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).during("looking for a free port")?;
    Ok(listener.local_addr().during("reading the free port")?.port())
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(12)).copied().collect::<Vec<_>>().join("\n")
}
