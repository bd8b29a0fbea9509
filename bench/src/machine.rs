//! What the report says about where and when it was made. No host name, no path.

use std::{ffi::OsStr, fs, path::Path, process::Command, time::SystemTime};

use crate::failure::{During as _, Failure, Outcome};

/// The machine and the time of the run.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Processors the benchmark may use.
    pub(crate) cores: usize,
    /// What the processor calls itself.
    pub(crate) processor: String,
    /// Memory in GiB, rounded down.
    pub(crate) memory_gibibytes: u64,
    /// Kernel release.
    pub(crate) kernel: String,
    /// The day, as `2026-11-20`, in UTC.
    pub(crate) date: String,
}

impl Machine {
    /// Looks at this machine.
    pub(crate) fn look() -> Outcome<Self> {
        let cores = std::thread::available_parallelism().during("counting processors")?.get();
        let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
        let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
        let kibibytes: u64 = memory.trim_end_matches("kB").trim().parse().during("reading /proc/meminfo")?;
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").during("reading the kernel release")?;
        // Only the release number: what follows it is a name somebody gave.
        let kernel = kernel.trim().split('-').next().unwrap_or_default().to_owned();
        Ok(Self { cores, processor, memory_gibibytes: kibibytes / 1024 / 1024, kernel, date: today()? })
    }
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real clock")]
pub(crate) fn now_millis() -> Outcome<i64> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).during("reading the clock")?;
    i64::try_from(since.as_millis()).during("reading the clock")
}

/// The last word `program --version` prints.
#[expect(clippy::disallowed_methods, reason = "the report names the versions that ran")]
pub(crate) fn version_of(program: &Path) -> Outcome<String> {
    let shown = program.display();
    let output = Command::new(program)
        .arg("--version")
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("DO_NOT_TRACK", "true")
        .output()
        .during(format!("running {shown} --version"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().next_back().map(str::to_owned);
    version.ok_or_else(|| Failure::new(format!("{shown} --version printed nothing")))
}

/// How this run was asked for, without the folders of this machine.
pub(crate) fn command_line() -> String {
    let words = std::env::args().skip(1).map(|word| without_folder(&word));
    let words: Vec<String> = words.collect();
    format!("cargo run --release -p tiltyard-bench -- {}", words.join(" "))
        .trim_end_matches([' ', '-'])
        .to_owned()
}

fn without_folder(word: &str) -> String {
    if !word.starts_with('/') {
        return word.to_owned();
    }
    Path::new(word).file_name().and_then(OsStr::to_str).unwrap_or(word).to_owned()
}

fn today() -> Outcome<String> {
    let now = jiff::Timestamp::from_millisecond(now_millis()?).during("reading the clock")?;
    Ok(now.strftime("%Y-%m-%d").to_string())
}

/// The first `name : value` line of a file under `/proc`.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
