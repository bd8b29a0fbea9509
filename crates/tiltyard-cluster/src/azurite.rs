//! A throwaway Azure: Microsoft's emulator, which checks signatures. How it is installed, started and cleaned away is said by
//! the script `azurite` beside this crate's manifest.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An emulator with one container.
pub struct AzureServer {
    /// Address, account, key and container.
    said: Vec<String>,
    places: AtomicUsize,
    child: Child,
    /// Its end is what stops the emulator; the system sees to that however this process ends.
    stdin: Option<ChildStdin>,
}

impl AzureServer {
    /// The one emulator of this process, for tests that harm nobody else's objects.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<AzureServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// An emulator of one's own.
    pub fn start() -> Self {
        let program = std::env::current_exe().expect("a test is a file");
        // What is installed stays with what is built.
        let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
        #[expect(clippy::disallowed_methods, reason = "the server under test is another program")]
        let mut child = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/azurite"))
            .arg(target.expect("tests lie in the target folder"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node can be run; install node and npm");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        stdout.read_line(&mut line).expect("the script speaks");
        let said: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        assert_eq!(said.len(), 4, "the emulator started; see above");
        let stdin = child.stdin.take();
        Self { said, places: AtomicUsize::new(0), child, stdin }
    }

    /// The address of a place in the container that nobody else has.
    pub fn place(&self) -> String {
        let number = self.places.fetch_add(1, Ordering::Relaxed);
        format!("wasbs://{}@{}/place-{number}", self.said[3], self.said[1])
    }

    /// The variables by which a client finds it.
    pub fn variables(&self) -> [(&'static str, String); 1] {
        let [url, account, key, _] = &self.said[..] else { unreachable!("there are four") };
        let connection = format!("AccountName={account};AccountKey={key};BlobEndpoint={url};");
        [("AZURE_STORAGE_CONNECTION_STRING", connection)]
    }
}

impl Drop for AzureServer {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // Nothing is left to do where it cannot be waited for.
        let _ = self.child.wait();
    }
}
