//! The options that `mlflow server` hands on to the Python server below it. Those about its workers change nothing here and are
//! let through; any other would be missed by whoever relies on it, so it is refused with what to do instead.

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
        &[
            "--ssl",
            "--certfile",
            "--keyfile",
            "--ca-certs",
            "--cert-reqs",
            "--ciphers",
            "--do-handshake-on-connect",
        ],
        "this server speaks plain HTTP; leave it out, and let a proxy in front of it end TLS",
    ),
    (
        &["-b", "--bind", "--host", "--port", "--uds", "--fd", "--listen", "--unix-socket"],
        "leave it out, and say with --host and --port where to listen",
    ),
    (&["--root-path", "--url-prefix"], "leave it out, and name the prefix with --static-prefix"),
    (
        &[
            "--forwarded-allow-ips",
            "--proxy",
            "--no-proxy",
            "--trusted-proxy",
            "--url-scheme",
            "--clear-untrusted",
        ],
        "which proxies to trust cannot be said here; leave it out, and let only your proxy reach this server",
    ),
    (
        &["--limit-", "--connection-limit", "--max-request-", "--h11-max-incomplete-event-size"],
        "the limits of this server are fixed; leave it out, and set narrower ones in a proxy in front of it",
    ),
];

/// Refuses options that are about more than the workers of a Python server. Only their names are ever shown.
pub(super) fn check(given: Given<'_>) -> Result<(), SettingsError> {
    let words = shlex::split(given.text)
        .ok_or_else(|| given.refuse("the options cannot be read; a quotation mark is left open"))?;
    let mut takes_value = false;
    for word in &words {
        // A lone dash is a value: standard output, where a file is asked for.
        let is_option = word.len() > 1 && word.starts_with('-');
        if !is_option && !takes_value {
            return Err(given.refuse("it holds a word that belongs to no option; leave it out"));
        }
        if is_option {
            check_option(name(word), given)?;
        }
        takes_value = is_option && !word.contains('=');
    }
    Ok(())
}

/// The name in `--name=value`, `-nvalue` and the like.
fn name(word: &str) -> &str {
    let end =
        if word.starts_with("--") { word.find('=') } else { word.char_indices().nth(2).map(|(at, _)| at) };
    &word[..end.unwrap_or(word.len())]
}

fn check_option(name: &str, given: Given<'_>) -> Result<(), SettingsError> {
    if NEEDLESS.contains(&name) {
        return Ok(());
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
    use super::{Given, check};

    fn refusal(text: &str) -> Option<String> {
        check(Given { text, origin: "--uvicorn-opts" }).err().map(|error| error.to_string())
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
            ("--ssl-keyfile k --host 0.0.0.0", "end TLS"),
            ("--workers 2 --certfile=c", "end TLS"),
            ("--bind 0.0.0.0:80", "--host and --port"),
            ("-b0.0.0.0:80", "--host and --port"),
            ("--uds /run/x", "--host and --port"),
            ("--forwarded-allow-ips '*'", "which proxies"),
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
