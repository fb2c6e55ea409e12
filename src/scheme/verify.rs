//! Verification: every live secret against every signature, over the bytes that came.
//!
//! All secrets are tried, without an early exit, so that the time tells nothing of which one
//! matched.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use subtle::Choice;

use super::Scheme;
use super::headers::SignedHeaders;
use super::message::SignedFacts;
use super::signature::Signatures;
use crate::error::{Code, Error};
use crate::key_ring::{Held, KeyRing, no_live_key};
use crate::limits::PUBLIC_KEY_CHECKS_MAX;
use crate::primitives::ed25519::PublicKey;
use crate::primitives::mac::{MacKey, RunningMac};
use crate::time::UnixTime;

/// The keys that a receiver verifies with.
#[derive(Debug)]
pub(crate) struct VerifyingKeys {
    pub(crate) secrets: KeyRing<MacKey>,
    pub(crate) public_keys: KeyRing<PublicKey>,
}

impl VerifyingKeys {
    /// No keys: a receiver that gets them with each call.
    pub(crate) fn empty() -> Self {
        VerifyingKeys { secrets: KeyRing::empty(), public_keys: KeyRing::empty() }
    }

    /// The keys that are live at an instant.
    ///
    /// # Errors
    /// `no_live_secret` where there is none.
    pub(crate) fn live(&self, now: UnixTime) -> Result<LiveKeys<'_>, Error> {
        let live = LiveKeys { keys: self, now };
        if live.secrets().next().is_none() && live.public_keys().next().is_none() {
            return Err(no_live_key());
        }
        Ok(live)
    }
}

/// The keys that are live in one call; at least one.
#[derive(Clone, Copy)]
pub(crate) struct LiveKeys<'k> {
    keys: &'k VerifyingKeys,
    now: UnixTime,
}

impl<'k> LiveKeys<'k> {
    fn secrets(self) -> impl Iterator<Item = &'k Held<MacKey>> {
        self.keys.secrets.live(self.now)
    }

    fn public_keys(self) -> impl Iterator<Item = &'k Held<PublicKey>> {
        self.keys.public_keys.live(self.now)
    }
}

/// A verification whose body is still coming.
pub(crate) struct Verification<'k, 'h> {
    scheme: &'static Scheme,
    facts: SignedFacts<'h>,
    signatures: Signatures,
    keys: LiveKeys<'k>,
    /// One for each live secret, if the request has a MAC at all.
    macs: Vec<(&'k str, RunningMac)>,
    /// Whether there are an Ed25519 signature and a key for it.
    with_ed25519: bool,
    /// The signed bytes, kept only where an Ed25519 signature needs them in one piece.
    message: Vec<u8>,
}

impl<'k, 'h> Verification<'k, 'h> {
    /// Pairs the signatures of a request with the live keys.
    ///
    /// # Errors
    /// `no_supported_signature` where no signature is of a kind that a key is held for;
    /// `malformed_signature` for more Ed25519 checks than the limit.
    pub(crate) fn begin(
        scheme: &'static Scheme,
        headers: SignedHeaders<'h>,
        keys: LiveKeys<'k>,
    ) -> Result<Self, Error> {
        let SignedHeaders { id, timestamp, signatures } = headers;
        let checks = signatures.ed25519.len().saturating_mul(keys.public_keys().count());
        if checks > PUBLIC_KEY_CHECKS_MAX {
            return Err(Error::new(
                Code::MalformedSignature,
                format!(
                    "{checks} pairs of Ed25519 signature and public key are more than \
                     {PUBLIC_KEY_CHECKS_MAX}: list fewer public keys"
                ),
            ));
        }
        let with_ed25519 = checks != 0;
        let mut macs = Vec::new();
        if !signatures.macs.is_empty() {
            macs.reserve_exact(keys.secrets().count());
            macs.extend(keys.secrets().map(|held| (held.id.as_str(), held.key.start())));
        }
        if macs.is_empty() && !with_ed25519 {
            return Err(no_supported_signature());
        }
        let facts = SignedFacts { id, timestamp };
        let message = Vec::new();
        let mut begun =
            Verification { scheme, facts, signatures, keys, macs, with_ed25519, message };
        facts.before_body(scheme, |bytes| begun.update(bytes));
        Ok(begun)
    }

    /// Ends the body: the ids of all keys that made a signature, secrets first.
    ///
    /// # Errors
    /// `signature_mismatch` where none did.
    pub(crate) fn finish(mut self) -> Result<(SignedFacts<'h>, Vec<String>), Error> {
        let (scheme, facts) = (self.scheme, self.facts);
        facts.after_body(scheme, |bytes| self.update(bytes));
        let mut matched = Vec::new();
        for (id, mac) in self.macs {
            let tag = mac.finish();
            let any = |found: Choice, candidate| found | tag.matches(candidate);
            if self.signatures.macs.iter().fold(Choice::from(0), any).into() {
                matched.push(id.to_string());
            }
        }
        for held in self.keys.public_keys().filter(|_| self.with_ed25519) {
            let verifies = |signature: &&_| held.key.verifies(&self.message, signature);
            if self.signatures.ed25519.iter().filter(verifies).count() > 0 {
                matched.push(held.id.clone());
            }
        }
        if matched.is_empty() { Err(mismatch()) } else { Ok((facts, matched)) }
    }

    /// Takes the next of the signed bytes; those around the body come from the verification itself.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for (_, mac) in &mut self.macs {
            mac.update(bytes);
        }
        if self.with_ed25519 {
            self.message.extend_from_slice(bytes);
        }
    }
}

fn no_supported_signature() -> Error {
    Error::new(
        Code::NoSupportedSignature,
        "no signature is of a kind for which a live secret or public key is configured",
    )
}

fn mismatch() -> Error {
    Error::new(
        Code::SignatureMismatch,
        "no live secret made this signature over these bytes: check the secret, and that the body \
         is passed as it came, not parsed and written again",
    )
}
