//! The check of a request: written by hand, which is the floor, or by the core.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use postseal::{Delivery, KeyInput, Receiver, ReceiverOptions, UnixTime};
use sha2::Sha256;

use crate::Failure;

/// The secret that every contestant is given.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TOLERANCE_SECONDS: u64 = 300;

/// A keyed state, which a request starts from.
pub(crate) fn keyed() -> Result<Hmac<Sha256>, Failure> {
    let secret = SECRET.strip_prefix("whsec_").unwrap_or(SECRET);
    Ok(Hmac::new_from_slice(&STANDARD.decode(secret)?)?)
}

/// Standard Webhooks as somebody writes it who knows the specification, and nothing more.
pub(crate) struct ByHand(Hmac<Sha256>);

impl ByHand {
    pub(crate) fn new() -> Result<Self, Failure> {
        keyed().map(ByHand)
    }

    /// Whether the message is authentic and fresh.
    pub(crate) fn accepts(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(id), Some(timestamp), Some(signatures)) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
        else {
            return false;
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let Ok(signed) = timestamp.parse::<u64>() else { return false };
        if signed.abs_diff(now) > TOLERANCE_SECONDS {
            return false;
        }
        let mut mac = self.0.clone();
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,")).any(|tag| {
            // The comparison takes the same time for every tag.
            STANDARD.decode(tag).is_ok_and(|tag| mac.clone().verify_slice(&tag).is_ok())
        })
    }
}

/// The core, given what the gateway gives it.
pub(crate) struct Core(Receiver);

impl Core {
    pub(crate) fn new() -> Result<Self, Failure> {
        let mut options = ReceiverOptions::default();
        options.keys.secrets = Some(vec![Some(KeyInput::from(SECRET))]);
        Ok(Core(Receiver::new(options)?))
    }

    pub(crate) fn open<'a>(
        &self,
        headers: &'a [(&'a str, &'a [u8])],
        body: &'a [u8],
    ) -> Result<Delivery<'a>, postseal::Error> {
        self.0.open(headers, body, UnixTime::try_from(SystemTime::now())?)
    }
}

/// The headers as the core takes them.
pub(crate) fn listed(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}
