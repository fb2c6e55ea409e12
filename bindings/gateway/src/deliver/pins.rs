//! Public-key pins: the keys that a target's certificate may have, beyond being valid.
//!
//! SPEC: a pin is that of RFC 7469, section 2.4: the SHA-256 of the SubjectPublicKeyInfo. Only the
//! end-entity's key counts. A pinned authority would let in whatever else it certifies.

use std::sync::Arc;

use base64ct::{Base64, Encoding};
use postseal::{Code, Error};
use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};
use webpki::EndEntityCert;

const PREFIX: &str = "sha256/";
const DIGEST_BYTES: usize = 32;
/// Pins of one target: the present key, its backup, and those of a change.
const PINS_MAX: usize = 16;

/// The digest of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pin([u8; DIGEST_BYTES]);

/// Two pins or more.
#[derive(Clone, Debug)]
pub(crate) struct Pins(Vec<Pin>);

impl Pins {
    /// Reads a list of pins, `sha256/` and base64; `None` where it is empty.
    ///
    /// # Errors
    /// `invalid_config` for a pin of another form, and where there are not two different ones.
    pub(crate) fn parse(texts: &[impl AsRef<str>]) -> Result<Option<Self>, Error> {
        if texts.is_empty() {
            return Ok(None);
        }
        if texts.len() > PINS_MAX {
            return Err(invalid(format!("a target has at most {PINS_MAX} pins")));
        }
        let pins = texts.iter().map(|text| Pin::parse(text.as_ref()));
        let pins = pins.collect::<Result<Vec<_>, Error>>()?;
        if pins.iter().all(|pin| Some(pin) == pins.first()) {
            return Err(invalid(
                "one pin alone is refused: when that key is lost, nothing can be delivered. Add \
                 the pin of a backup key that the host does not use yet",
            ));
        }
        Ok(Some(Pins(pins)))
    }

    pub(crate) fn hold(&self, certificate: &CertificateDer<'_>) -> Result<bool, rustls::Error> {
        let certificate = EndEntityCert::try_from(certificate)
            .map_err(|_| rustls::Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let key = certificate.subject_public_key_info();
        let found = digest(&SHA256, &key);
        Ok(self.0.iter().any(|Pin(pin)| pin.as_slice() == found.as_ref()))
    }
}

impl Pin {
    fn parse(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; DIGEST_BYTES];
        let read = text.strip_prefix(PREFIX).and_then(|digest| {
            let decoded = Base64::decode(digest, &mut bytes).ok()?;
            (decoded.len() == DIGEST_BYTES).then_some(())
        });
        read.map(|()| Pin(bytes)).ok_or_else(|| {
            invalid("a pin is `sha256/` and the base64 of the 32 bytes of the key's SHA-256")
        })
    }
}

/// That a valid certificate has none of the pinned keys.
#[derive(Debug)]
pub(crate) struct PinMismatch;

impl std::fmt::Display for PinMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("none of the pinned keys")
    }
}

impl std::error::Error for PinMismatch {}

/// Verifies a certificate as ever, and then its key. It runs in the handshake of the very
/// connection that sends, before any byte of a request.
#[derive(Debug)]
pub(crate) struct PinnedVerifier {
    pub(crate) usual: Arc<WebPkiServerVerifier>,
    pub(crate) pins: Pins,
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.usual.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )?;
        if self.pins.hold(end_entity)? {
            return Ok(verified);
        }
        let mismatch = CertificateError::Other(OtherError(Arc::new(PinMismatch)));
        Err(rustls::Error::InvalidCertificate(mismatch))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::InvalidConfig, message)
}
