//! TLS of the listening socket: 1.2 and 1.3, with AEAD suites alone, and certificates that can be
//! replaced while it runs.

use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use postseal::{Code, Error};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

use super::client_pins::PinnedClients;
use crate::config::Tls;
use crate::deliver::Pins;
use crate::input::read_file;

/// Of a file, in bytes: a whole system's authorities are a quarter of it.
const PEM_BYTES_MAX: usize = 1 << 20;
const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// Accepts TLS, with the certificate that holds at the time.
#[derive(Clone)]
pub(crate) struct Acceptor(Arc<RwLock<Arc<ServerConfig>>>);

impl Acceptor {
    /// # Errors
    /// `invalid_config` for files that cannot be read, or do not belong together.
    pub(crate) fn new(tls: &Tls) -> Result<Self, Error> {
        Ok(Acceptor(Arc::new(RwLock::new(server_config(tls)?))))
    }

    /// Reads the files again. Where that fails, what was there goes on.
    ///
    /// # Errors
    /// As [`Acceptor::new`].
    pub(crate) fn reload(&self, tls: &Tls) -> Result<(), Error> {
        let config = server_config(tls)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Shakes hands.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, Protocol)> {
        let config = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(HTTP2) => Protocol::Http2,
            _ => Protocol::Http1,
        };
        Ok((stream, protocol))
    }
}

fn server_config(tls: &Tls) -> Result<Arc<ServerConfig>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|why| invalid(format!("TLS cannot be set up: {why}")))?;
    let builder = match &tls.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => builder.with_client_cert_verifier(clients(tls, path, provider)?),
    };
    let chain = certificates(&tls.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&pem("the private key", &tls.key)?)
        .map_err(|why| unreadable("the private key", &tls.key, &why))?;
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|why| invalid(format!("the certificate and its key cannot be used: {why}")))?;
    config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
    Ok(Arc::new(config))
}

fn clients(
    tls: &Tls,
    path: &Path,
    provider: Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|why| {
            invalid(format!("client_ca has a certificate that cannot be used: {why}"))
        })?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = if tls.client_required { builder } else { builder.allow_unauthenticated() };
    let verifier =
        builder.build().map_err(|why| invalid(format!("client_ca cannot be used: {why}")))?;
    match Pins::parse(&tls.client_pins)? {
        None => Ok(verifier),
        Some(pins) => Ok(Arc::new(PinnedClients { usual: verifier, pins })),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates = CertificateDer::pem_slice_iter(&pem("the certificate", path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|why| unreadable("the certificate", path, &why))?;
    match certificates.is_empty() {
        true => Err(invalid(format!("{} has no certificate in it", path.display()))),
        false => Ok(certificates),
    }
}

fn pem(what: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let bytes = read_file(path, PEM_BYTES_MAX).map_err(|why| unreadable(what, path, &why))?;
    match bytes.len() {
        0..=PEM_BYTES_MAX => Ok(Zeroizing::new(bytes)),
        _ => Err(invalid(format!("{} is too long for {what}", path.display()))),
    }
}

fn unreadable(what: &str, path: &Path, why: &impl std::fmt::Display) -> Error {
    invalid(format!("{what} {} cannot be read: {why}", path.display()))
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidConfig, message)
}
