//! What stands between the server and its clients: TLS, the proxies that are believed, and how a server leaves a load balancer.
//! Own settings win over what is said in the options of a Python server. No file is opened here.

use std::time::Duration;

use tiltyard_api::CertificateFiles;
use tiltyard_domain::network::TrustedProxies;

use super::SettingsError;
use super::arguments::ServerArguments;
use super::catalogue::{DRAIN_DELAY, TLS_CERTIFICATE, TLS_KEY, TRUSTED_PROXIES};
use super::environment::Environment;
use super::input::Given;
use super::unused::worker_options;
use super::uri::absolute;
use crate::limits::DRAIN_DELAY_SECONDS_MAX;

/// How the server faces its clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Front {
    /// Certificate and key, if connections are encrypted.
    pub(crate) tls: Option<CertificateFiles>,
    /// Who is believed about the clients that it asks for.
    pub(crate) trusted_proxies: TrustedProxies,
    /// How long the server says that it will stop before it does.
    pub(crate) drain_delay: Duration,
}

pub(super) fn resolve(
    arguments: &ServerArguments,
    environment: &Environment,
    notices: &mut Vec<String>,
) -> Result<Front, SettingsError> {
    let options = worker_options(arguments, environment)?;
    let certificate = environment.text(&TLS_CERTIFICATE, arguments.tls_certificate.as_deref());
    let key = environment.text(&TLS_KEY, arguments.tls_key.as_deref());
    let proxies = environment.text(&TRUSTED_PROXIES, arguments.trusted_proxies.as_deref());
    let path = |given: Given<'_>| absolute(environment.working_folder(), given.text.as_ref());
    let tls = match (certificate.or(options.certificate()), key.or(options.key())) {
        (None, None) => None,
        (Some(certificate), Some(key)) => {
            Some(CertificateFiles { certificate: path(certificate), key: path(key) })
        }
        (Some(given), None) => {
            return Err(given.refuse("a certificate is of no use without its key; name it with --tls-key"));
        }
        (None, Some(given)) => {
            return Err(
                given.refuse("a key is of no use without its certificate; name it with --tls-certificate")
            );
        }
    };
    Ok(Front {
        tls,
        trusted_proxies: trusted_proxies(proxies.or(options.trusted_proxies()), notices)?,
        drain_delay: drain_delay(environment.text(&DRAIN_DELAY, arguments.drain_delay.as_deref()))?,
    })
}

fn trusted_proxies(
    given: Option<Given<'_>>,
    notices: &mut Vec<String>,
) -> Result<TrustedProxies, SettingsError> {
    let Some(given) = given else { return Ok(TrustedProxies::default()) };
    let proxies = TrustedProxies::parse_list(given.text).map_err(|refusal| given.refuse(refusal.message))?;
    if proxies.trusts_everyone() {
        notices.push(
            "whoever connects is believed to be a proxy: anyone who reaches this server can pass for any client and host"
                .to_owned(),
        );
    }
    Ok(proxies)
}

fn drain_delay(given: Option<Given<'_>>) -> Result<Duration, SettingsError> {
    let Some(given) = given else { return Ok(Duration::ZERO) };
    let seconds = given.text.trim().parse().ok().filter(|seconds| *seconds <= DRAIN_DELAY_SECONDS_MAX);
    let refuse = || given.refuse(format!("give whole seconds from 0 to {DRAIN_DELAY_SECONDS_MAX}"));
    seconds.map(Duration::from_secs).ok_or_else(refuse)
}
