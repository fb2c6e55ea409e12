//! TLS towards a target: versions, suites, authorities and pins.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use postseal::{Code, Error};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::deliver::failure::Failure;
use crate::deliver::pins::{PinMismatch, PinnedVerifier, Pins};
use crate::input::read_file;

/// A file of authorities, in bytes: a whole system's bundle is a quarter of it.
const CA_FILE_BYTES_MAX: usize = 1 << 20;

/// How to speak TLS to a target: 1.2 or 1.3, with AEAD suites alone, which are all that the
/// provider has. `ca_file`, in PEM, stands in place of the system's authorities.
///
/// # Errors
/// `invalid_config` where there is no authority to trust.
pub(crate) fn client_config(
    pins: Option<Pins>,
    ca_file: Option<&Path>,
) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = ca_file.map_or_else(system_roots, read_roots)?;
    let usual = WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
        .build()
        .map_err(|why| invalid(format!("the authorities cannot be used: {why}")))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|why| invalid(format!("TLS cannot be set up: {why}")))?;
    let mut config = match pins {
        None => builder.with_webpki_verifier(usual).with_no_client_auth(),
        Some(pins) => {
            let verifier = Arc::new(PinnedVerifier { usual, pins });
            let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
            let mut config = builder.with_no_client_auth();
            // A resumed session shows no certificate, so nothing would be compared.
            config.resumption = Resumption::disabled();
            config
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The system's authorities, read once a process.
fn system_roots() -> Result<Arc<RootCertStore>, Error> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    if roots.is_empty() {
        return Err(invalid(
            "this system has no certificate authorities: install ca-certificates, or name a file \
             of them",
        ));
    }
    Ok(Arc::clone(roots))
}

fn read_roots(path: &Path) -> Result<Arc<RootCertStore>, Error> {
    let bytes = read_file(path, CA_FILE_BYTES_MAX)
        .map_err(|why| invalid(format!("the file of authorities cannot be read: {why}")))?;
    if bytes.len() > CA_FILE_BYTES_MAX {
        return Err(invalid("the file of authorities is too long"));
    }
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let added = certificate.ok().and_then(|certificate| roots.add(certificate).ok());
        added.ok_or_else(|| invalid("the file of authorities has a certificate that is none"))?;
    }
    if roots.is_empty() {
        return Err(invalid("the file of authorities has no certificate in PEM"));
    }
    Ok(Arc::new(roots))
}

/// What a handshake's error means.
pub(crate) fn handshake_failure(error: &io::Error) -> Failure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(other)))
            if other.0.is::<PinMismatch>() =>
        {
            Failure::PinMismatch
        }
        Some(rustls::Error::InvalidCertificate(why)) => {
            Failure::CertificateRefused(certificate_fault(why))
        }
        Some(why) => Failure::TlsFailed(why.to_string()),
        None => Failure::TlsFailed(error.kind().to_string()),
    }
}

/// In words of our own: those of the library quote the names in the peer's certificate.
fn certificate_fault(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name"
        }
        CertificateError::UnknownIssuer => "is not from an authority that is trusted here",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not for a server"
        }
        _ => "is not valid",
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::InvalidConfig, message)
}
