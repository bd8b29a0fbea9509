//! TLS of the server: a certificate and its key, read from files, and read again when these were renewed. A file that cannot
//! be used stops the start; later it changes nothing, and the log says what is wrong with it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::patience::Patient;

/// The first byte of a connection that begins with a handshake.
const HANDSHAKE: u8 = 0x16;
/// What those hear who speak plain HTTP here.
const REFUSAL: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
    This port speaks HTTPS. Write https:// in front of the address.\n";

/// Where certificate and key lie, in PEM form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, and behind it those that lead to an authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// What encrypts connections. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    files: Arc<CertificateFiles>,
    state: Arc<Mutex<State>>,
}

struct State {
    config: Arc<ServerConfig>,
    /// What the files held when they were last looked at, usable or not; or why they could not be read.
    seen: Result<Contents, String>,
}

/// What both files hold.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// Which file cannot be used, and why.
    pub fn open(files: CertificateFiles) -> Result<Self, String> {
        let seen = files.read()?;
        let config = files.config(&seen)?;
        let state = Arc::new(Mutex::new(State { config, seen: Ok(seen) }));
        Ok(Self { files: Arc::new(files), state })
    }

    /// Looks at the files again and takes what was renewed; new connections get it.
    pub async fn renew(&self) {
        let tls = self.clone();
        let renewed = tokio::task::spawn_blocking(move || tls.look_again()).await;
        match renewed.unwrap_or(Ok(false)) {
            Ok(false) => {}
            Ok(true) => {
                tracing::info!(certificate = %self.files.certificate.display(), "the renewed certificate is in use");
            }
            Err(why) => {
                tracing::error!(%why, "the certificate was not renewed; the one from before stays in use");
            }
        }
    }

    /// Whether there was something new. What is wrong with the files is told once for each change of them.
    fn look_again(&self) -> Result<bool, String> {
        let now = self.files.read();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.seen == now {
            return Ok(false);
        }
        let config = now.as_ref().map_err(String::clone).and_then(|now| self.files.config(now));
        state.seen = now;
        state.config = config?;
        Ok(true)
    }

    /// Greets whoever connected. Who speaks plain HTTP is told so; who is silent is given up.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        patience: Duration,
        handshake_patience: Duration,
    ) -> io::Result<TlsStream<Patient<TcpStream>>> {
        let greeting = async {
            let mut first = [0];
            if stream.peek(&mut first).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if first[0] != HANDSHAKE {
                return Err(refuse(stream).await);
            }
            let config = Arc::clone(&self.state.lock().unwrap_or_else(PoisonError::into_inner).config);
            TlsAcceptor::from(config).accept(Patient::new(stream, patience)).await
        };
        timeout(handshake_patience, greeting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Answers in the language that was spoken. What was sent is read first, since a connection that is closed over unread bytes
/// is cut before the answer arrives.
async fn refuse(mut stream: TcpStream) -> io::Error {
    let mut sent = vec![0; 16 * 1024];
    let said = async {
        let _amount = stream.read(&mut sent).await?;
        stream.write_all(REFUSAL).await?;
        stream.shutdown().await
    };
    said.await.err().unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "plain HTTP was spoken"))
}

impl CertificateFiles {
    fn read(&self) -> Result<Contents, String> {
        let read = |file: &Path| std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()));
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }

    fn config(&self, contents: &Contents) -> Result<Arc<ServerConfig>, String> {
        let chain = CertificateDer::pem_slice_iter(&contents.certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| format!("{}: {error}", self.certificate.display()))?;
        if chain.is_empty() {
            return Err(format!("{}: it holds no certificate in PEM form", self.certificate.display()));
        }
        let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(|error| {
            format!(
                "{}: it holds no key that can be used ({error}); it must be in PEM form, without a password",
                self.key.display()
            )
        })?;
        // Named here, so that nothing depends on which library of ciphers the process has chosen.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(|error| self.unusable(&error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn unusable(&self, error: &rustls::Error) -> String {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("{key} is not the key of the certificate in {certificate}")
            }
            other => format!("{certificate} and {key} cannot be used together: {other}"),
        }
    }
}
