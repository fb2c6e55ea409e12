//! A certificate authority for tests, and the certificates that it makes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    PublicKeyData, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority, whose certificate is in a file.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) file: PathBuf,
}

/// The state of a certificate in time.
#[derive(Clone, Copy)]
pub(crate) enum Validity {
    Now,
    Past,
}

/// What a server has: its TLS, and the pin of its key.
pub(crate) struct Identity {
    pub(crate) tls: Arc<ServerConfig>,
    pub(crate) pin: String,
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Authority {
    /// Makes one; `name` is that of its file, and the test's own.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Two of one name would be told apart by their signatures alone.
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let file = folder.join(format!("{name}-{}.pem", std::process::id()));
        std::fs::write(&file, certificate.pem()).unwrap();
        Authority { issuer: Issuer::new(params, key), file }
    }

    /// A certificate for a server of this name.
    pub(crate) fn identity(&self, name: &str, validity: Validity) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if let Validity::Past = validity {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        Identity { tls: Arc::new(tls), pin: pin(&key.subject_public_key_info()) }
    }
}

/// A server's TLS of one version alone.
pub(crate) fn only(
    tls: &ServerConfig,
    version: &'static rustls::SupportedProtocolVersion,
) -> Arc<ServerConfig> {
    let provider = Arc::clone(tls.crypto_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&tls.cert_resolver));
    config.session_storage = Arc::clone(&tls.session_storage);
    Arc::new(config)
}

/// The pin of a key, by its SubjectPublicKeyInfo.
pub(crate) fn pin(key: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, key);
    format!("sha256/{}", Base64::encode_string(digest.as_ref()))
}

/// A pin that no key has.
pub(crate) fn other_pin(number: u8) -> String {
    format!("sha256/{}", Base64::encode_string(&[number; 32]))
}
