//! The options that `mlflow server` hands on to the Python server below it. Those about its workers change nothing here and are
//! let through; those about TLS and trusted proxies are taken; any other would be missed by whoever relies on it, so it is
//! refused with what to do instead.

use super::SettingsError;
use super::input::Given;

/// About workers, their code, their log and their event loop, in gunicorn, uvicorn and waitress.
const NEEDLESS: &[&str] = &[
    "-w",
    "--workers",
    "-k",
    "--worker-class",
    "--threads",
    "--worker-connections",
    "--worker-tmp-dir",
    "--max-requests",
    "--max-requests-jitter",
    "--limit-max-requests",
    "--limit-max-requests-jitter",
    "-t",
    "--timeout",
    "--graceful-timeout",
    "--keep-alive",
    "--timeout-keep-alive",
    "--timeout-graceful-shutdown",
    "--timeout-worker-healthcheck",
    "--channel-timeout",
    "--cleanup-interval",
    "--backlog",
    "--reload",
    "--reload-dir",
    "--reload-include",
    "--reload-exclude",
    "--reload-delay",
    "--reload-engine",
    "--reload-extra-file",
    "--preload",
    "--reuse-port",
    "--no-sendfile",
    "--log-level",
    "--log-config",
    "--log-file",
    "--access-logfile",
    "--access-logformat",
    "--error-logfile",
    "--capture-output",
    "--access-log",
    "--no-access-log",
    "--use-colors",
    "--no-use-colors",
    "--loop",
    "--http",
    "--ws",
    "--lifespan",
    "--interface",
    "--server-header",
    "--no-server-header",
    "--date-header",
    "--no-date-header",
    "--ident",
    "-n",
    "--name",
    "--asyncore-use-poll",
    "--asyncore-loop-timeout",
    "--log-socket-errors",
    "--no-log-socket-errors",
];

/// What an option is about, by how its name begins, and what to do instead.
const REFUSED: &[(&[&str], &str)] = &[
    (
        &["--ssl", "--ca-certs", "--cert-reqs", "--ciphers", "--do-handshake-on-connect"],
        "of TLS, only certificate and key can be chosen; leave it out, or let a proxy in front of the server end TLS",
    ),
    (
        &["-b", "--bind", "--host", "--port", "--uds", "--fd", "--listen", "--unix-socket"],
        "leave it out, and say with --host and --port where to listen",
    ),
    (&["--root-path", "--url-prefix"], "leave it out, and name the prefix with --static-prefix"),
    (
        &["--proxy", "--no-proxy", "--trusted-proxy", "--url-scheme", "--clear-untrusted"],
        "leave it out, and name the proxies that you trust with --trusted-proxies",
    ),
    (
        &["--limit-", "--connection-limit", "--max-request-", "--h11-max-incomplete-event-size"],
        "the limits of this server are fixed; leave it out, and set narrower ones in a proxy in front of it",
    ),
];

/// What an option that is taken is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Certificate,
    Key,
    Proxies,
}

/// The options that are taken, of gunicorn and of uvicorn.
const TAKEN: &[(&str, Taken)] = &[
    ("--certfile", Taken::Certificate),
    ("--ssl-certfile", Taken::Certificate),
    ("--keyfile", Taken::Key),
    ("--ssl-keyfile", Taken::Key),
    ("--forwarded-allow-ips", Taken::Proxies),
];

/// What was found in such options, each with the flag or variable that it came from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct WorkerOptions {
    found: Vec<(Taken, String, &'static str)>,
}

impl WorkerOptions {
    /// The file of the server's certificate.
    pub(super) fn certificate(&self) -> Option<Given<'_>> {
        self.last(Taken::Certificate)
    }

    /// The file of its key.
    pub(super) fn key(&self) -> Option<Given<'_>> {
        self.last(Taken::Key)
    }

    /// The addresses of proxies that are believed.
    pub(super) fn trusted_proxies(&self) -> Option<Given<'_>> {
        self.last(Taken::Proxies)
    }

    /// Whether anything that counts came from that flag or variable.
    pub(super) fn has_of(&self, origin: &str) -> bool {
        self.found.iter().any(|(.., from)| *from == origin)
    }

    /// As on every command line, the last one counts.
    fn last(&self, wanted: Taken) -> Option<Given<'_>> {
        let (_, text, origin) = self.found.iter().rev().find(|(taken, ..)| *taken == wanted)?;
        Some(Given { text, origin })
    }

    /// Adds what a text of options says, and refuses what is about more. Only names of options are ever shown.
    pub(super) fn read(&mut self, given: Given<'_>) -> Result<(), SettingsError> {
        let words = shlex::split(given.text)
            .ok_or_else(|| given.refuse("the options cannot be read; a quotation mark is left open"))?;
        let mut awaits: Option<(&str, Option<Taken>)> = None;
        for word in &words {
            // A lone dash is a value: standard output, where a file is asked for.
            let is_option = word.len() > 1 && word.starts_with('-');
            match (awaits.take(), is_option) {
                (None, false) => {
                    return Err(given.refuse("it holds a word that belongs to no option; leave it out"));
                }
                (Some((_, taken)), false) => {
                    self.found.extend(taken.map(|taken| (taken, word.clone(), given.origin)));
                }
                (before, true) => {
                    refuse_without_value(before, given)?;
                    let taken = check_option(name(word), given)?;
                    match word.split_once('=') {
                        Some((_, value)) => {
                            self.found.extend(taken.map(|taken| (taken, value.to_owned(), given.origin)));
                        }
                        None => awaits = Some((name(word), taken)),
                    }
                }
            }
        }
        refuse_without_value(awaits, given)
    }
}

/// Refuses an option that is taken and has no value.
fn refuse_without_value(
    option: Option<(&str, Option<Taken>)>,
    given: Given<'_>,
) -> Result<(), SettingsError> {
    match option {
        Some((name, Some(_))) => Err(given.refuse(format!("`{name}` needs a value"))),
        _ => Ok(()),
    }
}

/// The name in `--name=value`, `-nvalue` and the like.
fn name(word: &str) -> &str {
    let end =
        if word.starts_with("--") { word.find('=') } else { word.char_indices().nth(2).map(|(at, _)| at) };
    &word[..end.unwrap_or(word.len())]
}

/// What an option is taken for, if it is not needless.
fn check_option(name: &str, given: Given<'_>) -> Result<Option<Taken>, SettingsError> {
    if let Some((_, taken)) = TAKEN.iter().find(|(known, _)| *known == name) {
        return Ok(Some(*taken));
    }
    if NEEDLESS.contains(&name) {
        return Ok(None);
    }
    let group =
        REFUSED.iter().find(|(beginnings, _)| beginnings.iter().any(|beginning| name.starts_with(beginning)));
    let advice = group
        .map_or("nothing here answers to it; leave it out, knowing that it has no effect", |(_, advice)| {
            advice
        });
    Err(given.refuse(format!("`{name}` is refused: {advice}")))
}

#[cfg(test)]
mod tests {
    use super::{Given, WorkerOptions};

    fn read(text: &str) -> Result<WorkerOptions, String> {
        let mut options = WorkerOptions::default();
        let given = Given { text, origin: "--uvicorn-opts" };
        options.read(given).map(|()| options).map_err(|error| error.to_string())
    }

    fn refusal(text: &str) -> Option<String> {
        read(text).err()
    }

    #[test]
    fn options_about_tls_and_proxies_are_taken() {
        let text = |given: Option<Given<'_>>| given.map(|given| given.text.to_owned()).unwrap_or_default();
        let uvicorn =
            read("--workers 2 --ssl-keyfile 'my key' --ssl-certfile=c --forwarded-allow-ips '*'").unwrap();
        assert_eq!(text(uvicorn.key()), "my key");
        assert_eq!(text(uvicorn.certificate()), "c");
        assert_eq!(text(uvicorn.trusted_proxies()), "*");
        let gunicorn = read("--certfile a --certfile b --keyfile=k -w4").unwrap();
        assert_eq!((text(gunicorn.certificate()), text(gunicorn.key())), ("b".to_owned(), "k".to_owned()));
        assert_eq!(gunicorn.trusted_proxies(), None);
    }

    #[test]
    fn options_about_python_workers_are_let_through() {
        for text in [
            "",
            "--workers 4 --timeout-keep-alive=60 --reload --log-level debug",
            "-w4 -k gevent -t 120 --threads 8",
            "--access-logfile - --worker-class 'uvicorn.workers.UvicornWorker'",
        ] {
            assert_eq!(refusal(text), None, "{text}");
        }
    }

    #[test]
    fn options_that_somebody_relies_on_are_refused_with_what_to_do() {
        for (text, advice) in [
            ("--ssl-keyfile k --host 0.0.0.0", "--host and --port"),
            ("--ssl-keyfile", "`--ssl-keyfile` needs a value"),
            ("--certfile --reload", "`--certfile` needs a value"),
            ("--ssl-keyfile-password hunter2", "end TLS"),
            ("--workers 2 --ca-certs=c", "end TLS"),
            ("--bind 0.0.0.0:80", "--host and --port"),
            ("-b0.0.0.0:80", "--host and --port"),
            ("--uds /run/x", "--host and --port"),
            ("--no-proxy-headers", "--trusted-proxies"),
            ("--root-path /a", "--static-prefix"),
            ("--limit-concurrency 9", "limits of this server"),
            ("--daemon", "has no effect"),
            ("--frobnicate=hunter2", "`--frobnicate` is refused"),
            ("stray", "belongs to no option"),
            ("--reload 'open", "quotation mark"),
        ] {
            let said = refusal(text).unwrap_or_default();
            assert!(said.starts_with("--uvicorn-opts: ") && said.contains(advice), "{text}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
