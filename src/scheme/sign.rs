//! Signing: the headers of a message, by every live secret where the scheme's header holds several.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::headers::Timestamp;
use super::message::SignedFacts;
use super::{Layout, MacEncoding, Part, Scheme};
use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::primitives::codec::{base64, hex};
use crate::primitives::mac::MacKey;
use crate::secret::SigningKey;
use crate::time::UnixTime;

/// Header names and values, in the order in which a sender writes them.
pub type HeaderList = Vec<(&'static str, String)>;

/// Signs a body: the scheme's headers for it.
///
/// # Errors
/// `no_live_secret` where no secret is live.
pub(crate) fn sign(
    scheme: &Scheme,
    keys: &KeyRing<SigningKey>,
    id: &str,
    body: &[u8],
    now: UnixTime,
) -> Result<HeaderList, Error> {
    let timestamp = now.seconds().to_string();
    let facts = SignedFacts {
        id: Some(id),
        timestamp: Some(Timestamp { text: timestamp.as_bytes(), seconds: now.seconds() }),
    };
    let primary = keys.primary(now)?;
    let one = |key| signature(scheme, key, facts, body);
    let signature = match scheme.layout {
        Layout::Single { prefix } => format!("{prefix}{}", one(&primary.key).1),
        Layout::Entries { .. } => {
            let entries = keys.live(now).map(|held| one(&held.key));
            join(entries.map(|(version, value)| format!("{version},{value}")), " ")
        }
        Layout::Pairs { timestamp: name, .. } => {
            let items = keys.live(now).map(|held| one(&held.key));
            let items = items.map(|(version, value)| format!("{version}={value}"));
            join([format!("{name}={timestamp}")].into_iter().chain(items), ",")
        }
    };
    Ok(headers(scheme, id, timestamp, signature))
}

/// The version and the text of one key's signature.
fn signature(
    scheme: &Scheme,
    key: &SigningKey,
    facts: SignedFacts<'_>,
    body: &[u8],
) -> (&'static str, String) {
    let (mac_version, ed25519_version) = match scheme.layout {
        Layout::Entries { mac, ed25519 } => (mac, ed25519),
        Layout::Pairs { mac, .. } => (mac, ""),
        Layout::Single { .. } => ("", ""),
    };
    match key {
        SigningKey::Mac(key) => (mac_version, mac_text(scheme, key, facts, body)),
        SigningKey::Ed25519(key) => {
            let mut message = Vec::with_capacity(body.len());
            write(scheme, facts, body, |bytes| message.extend_from_slice(bytes));
            (ed25519_version, base64(&key.sign(&message)))
        }
    }
}

fn mac_text(scheme: &Scheme, key: &MacKey, facts: SignedFacts<'_>, body: &[u8]) -> String {
    let mut mac = key.start();
    write(scheme, facts, body, |bytes| mac.update(bytes));
    let mac = mac.finish().into_bytes();
    match scheme.encoding {
        MacEncoding::Base64 => base64(&mac),
        MacEncoding::Hex => hex(&mac),
    }
}

fn write(scheme: &Scheme, facts: SignedFacts<'_>, body: &[u8], mut sink: impl FnMut(&[u8])) {
    facts.before_body(scheme, &mut sink);
    if scheme.signed.iter().any(|part| matches!(part, Part::Body)) {
        sink(body);
    }
    facts.after_body(scheme, sink);
}

fn headers(scheme: &Scheme, id: &str, timestamp: String, signature: String) -> HeaderList {
    let mut list = HeaderList::new();
    if let Some(family) = scheme.families.first() {
        list.extend(family.id.map(|name| (name, id.to_string())));
        list.extend(family.timestamp.map(|name| (name, timestamp)));
        list.push((family.signature, signature));
    }
    list
}

fn join(texts: impl Iterator<Item = String>, separator: &str) -> String {
    texts.collect::<Vec<_>>().join(separator)
}
