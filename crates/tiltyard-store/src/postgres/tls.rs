//! Encryption on the way to PostgreSQL, and how far the server must prove who it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;

/// What is asked of a connection's encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tls {
    /// What the server must prove; none where nothing is encrypted.
    pub(super) checks: Option<Checks>,
    /// The file with the authorities; those that the system trusts where none is named.
    pub(super) roots: Option<PathBuf>,
    /// The files with our own certificate and its key.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
}

/// What the server must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checks {
    /// Nothing; it need not even encrypt.
    IfOffered,
    /// Nothing but that it encrypts.
    Nothing,
    /// That an authority vouches for it, under whatever name.
    Authority,
    /// That an authority vouches for it under the name in the address.
    AuthorityAndName,
}

impl Tls {
    /// What opens encrypted connections. Files are read now.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, Error> {
        // Named here, so that nothing depends on which library of ciphers the process has chosen.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier(provider)?);
        let config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(
                    certificates(certificate)?,
                    PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error))?,
                )
                .map_err(unusable)?,
        };
        Ok(MakeRustlsConnect::new(config))
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        let names = match self.checks {
            None | Some(Checks::IfOffered | Checks::Nothing) => {
                return Ok(Arc::new(Checker {
                    chain: None,
                    authorities: Vec::new(),
                    names: false,
                    provider,
                }));
            }
            Some(checks) => checks == Checks::AuthorityAndName,
        };
        let mut roots = RootCertStore::empty();
        let authorities = match &self.roots {
            Some(file) => certificates(file)?,
            None => Vec::new(),
        };
        for certificate in &authorities {
            roots.add(certificate.clone()).map_err(unusable)?;
        }
        if self.roots.is_none() {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| Error::Tls(error.to_string()))?;
        Ok(Arc::new(Checker { chain: Some(chain), authorities, names, provider }))
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    found.map_err(|error: pem::Error| unreadable(file, error))
}

#[expect(clippy::needless_pass_by_value, reason = "it is given away by what failed")]
fn unreadable(file: &Path, error: pem::Error) -> Error {
    Error::Tls(format!("{}: {error}", file.display()))
}

#[expect(clippy::needless_pass_by_value, reason = "it is given away by what failed")]
fn unusable(error: TlsError) -> Error {
    Error::Tls(error.to_string())
}

/// Asks of a server what libpq asks: an authority that vouches for it, its name as well, or neither. It must hold the key of
/// the certificate that it shows in any case.
#[derive(Debug)]
struct Checker {
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// The certificates in the file of authorities.
    authorities: Vec<CertificateDer<'static>>,
    /// Whether the name counts.
    names: bool,
    provider: Arc<CryptoProvider>,
}

impl Checker {
    /// Whether the certificate itself was named as an authority: one that vouches for itself, as PostgreSQL's handbook makes it.
    /// The library takes no authority for a server.
    fn is_named(&self, certificate: &CertificateDer<'_>, why: &CertificateError) -> bool {
        let is_about_its_issuer = matches!(why, CertificateError::UnknownIssuer | CertificateError::Other(_));
        is_about_its_issuer && self.authorities.iter().any(|authority| authority == certificate)
    }

    fn check_name(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
    ) -> Result<ServerCertVerified, TlsError> {
        if self.names {
            verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }
}

impl ServerCertVerifier for Checker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is looked at last, when an authority has been found to vouch for the certificate.
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.names => Ok(ServerCertVerified::assertion()),
            Err(TlsError::InvalidCertificate(why)) if self.is_named(end_entity, &why) => {
                self.check_name(end_entity, server_name)
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
