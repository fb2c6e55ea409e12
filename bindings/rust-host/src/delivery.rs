//! A delivery: what the module's receiver has made of a request. There is no other way to have one.

use std::borrow::Cow;
use std::fmt;

use postseal::{Code, Error, ReplayKeySource, Scheme};

use crate::answer::{Answer, unreadable};

/// A verified message, with the methods of [`postseal::Delivery`]. All it says is authenticated,
/// but for [`Delivery::unsigned`].
pub struct Delivery<'a> {
    scheme: &'static Scheme,
    facts: Facts,
    body: &'a [u8],
    headers: Vec<(&'a str, &'a [u8])>,
}

/// What the module says of a delivery.
pub(crate) struct Facts {
    id: Option<String>,
    timestamp: Option<u64>,
    replay_key: String,
    replay_key_source: ReplayKeySource,
    /// At least one.
    matched_secret_ids: Vec<String>,
    encryption_key_id: Option<String>,
    content_type: Option<String>,
    /// `None`: the payload is the body, which does not come back.
    payload: Option<Vec<u8>>,
}

impl Facts {
    /// Reads an answer.
    pub(crate) fn read(answer: Answer<'_>) -> Result<Self, Error> {
        let sources = [ReplayKeySource::SignedId, ReplayKeySource::PayloadHash];
        let named = answer.text("replay_key_source")?;
        let source = sources.into_iter().find(|source| source.as_str() == named);
        let matched_secret_ids = answer.list("matched_secret_id")?;
        if matched_secret_ids.is_empty() {
            return Err(unreadable());
        }
        let text = |name| Ok(answer.text_if(name)?.map(str::to_owned));
        Ok(Facts {
            id: text("id")?,
            timestamp: answer.number_if("timestamp")?,
            replay_key: answer.text("replay_key")?.to_owned(),
            replay_key_source: source.ok_or_else(unreadable)?,
            matched_secret_ids,
            encryption_key_id: text("encryption_key_id")?,
            content_type: text("content_type")?,
            payload: answer.bytes("payload").map(<[u8]>::to_vec),
        })
    }
}

impl<'a> Delivery<'a> {
    pub(crate) fn new<N: AsRef<str>, V: AsRef<[u8]>>(
        scheme: &'static Scheme,
        facts: Facts,
        headers: &'a [(N, V)],
        body: &'a [u8],
    ) -> Self {
        let headers = headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        Delivery { scheme, facts, body, headers: headers.collect() }
    }

    /// The scheme under which the message was verified.
    #[must_use]
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// The message id, if it is authenticated.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.facts.id.as_deref()
    }

    /// When the message was signed, in Unix seconds, if that is signed.
    #[must_use]
    pub fn timestamp(&self) -> Option<u64> {
        self.facts.timestamp
    }

    /// What to remember so as to accept the message once: the authenticated id, else `sha256:` and
    /// the hash of the body in hexadecimal.
    #[must_use]
    pub fn replay_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.facts.replay_key)
    }

    /// What the replay key was taken from.
    #[must_use]
    pub fn replay_key_source(&self) -> ReplayKeySource {
        self.facts.replay_key_source
    }

    /// Whether a signed timestamp was checked. Where not, only the replay key protects.
    #[must_use]
    pub fn replay_protected(&self) -> bool {
        self.facts.timestamp.is_some()
    }

    /// The first key of the ring that made a signature.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        self.facts.matched_secret_ids.first().map_or("", String::as_str)
    }

    /// Every key that made a signature: secrets in the order of their list, then public keys.
    #[must_use]
    pub fn matched_secret_ids(&self) -> &[String] {
        &self.facts.matched_secret_ids
    }

    /// Whether the payload came encrypted.
    #[must_use]
    pub fn encrypted(&self) -> bool {
        self.facts.encryption_key_id.is_some()
    }

    /// The id of the key that opened the payload.
    #[must_use]
    pub fn encryption_key_id(&self) -> Option<&str> {
        self.facts.encryption_key_id.as_deref()
    }

    /// The media type of the payload, from the protected header only.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.facts.content_type.as_deref()
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.facts.payload.as_deref().unwrap_or(self.body)
    }

    /// The payload, without a copy where it was decrypted.
    #[must_use]
    pub fn into_payload(self) -> Vec<u8> {
        self.facts.payload.unwrap_or_else(|| self.body.to_vec())
    }

    /// The payload as text.
    ///
    /// # Errors
    /// `payload_not_utf8`.
    pub fn text(&self) -> Result<&str, Error> {
        str::from_utf8(self.payload()).map_err(|_| {
            Error::new(Code::PayloadNotUtf8, "the payload is not UTF-8: use its bytes")
        })
    }

    /// A header that anyone may have written: all its values, joined with `, ` as fetch joins them.
    #[must_use]
    pub fn unsigned(&self, header: &str) -> Option<Vec<u8>> {
        let named = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(header));
        let values: Vec<_> = named.map(|(_, value)| without_white_space(value)).collect();
        if values.is_empty() { None } else { Some(values.join(b", ".as_slice())) }
    }
}

impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.facts.id)
            .field("timestamp", &self.facts.timestamp)
            .field("secret_id", &self.secret_id())
            .field("encrypted", &self.encrypted())
            .field("payload_bytes", &self.payload().len())
            .finish_non_exhaustive()
    }
}

/// A header's value without the white space that HTTP allows around it (RFC 9110, 5.5).
fn without_white_space(value: &[u8]) -> &[u8] {
    let is_white = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !is_white(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_white(byte)).map_or(start, |last| last + 1);
    value.get(start..end).unwrap_or_default()
}
