//! Random messages with random keys, and the senders and receivers that share them.

use base64ct::{Base64, Encoding};
use postseal::{
    Envelope, Error, KeyInput, KeyList, KeyOptions, Message, Receiver, ReceiverOptions, Scheme,
    Sealed, SecretEncoding, Sender, SenderOptions, UnixTime,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// The codes that a signed message may earn by its body alone.
pub(crate) const ENVELOPE_CODES: [&str; 4] =
    ["not_encrypted", "malformed_envelope", "unknown_key", "decryption_failed"];

/// A signing key as both sides hold it.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Shared { secret: String, encoding: SecretEncoding },
    Pair { private_key: String, public_key: String },
}

impl Key {
    /// `whsec_` and base64, or the bare base64, of 24 to 75 bytes.
    pub(crate) fn encoded(bytes: &[u8], prefix: &str) -> Self {
        let secret = format!("{prefix}{}", Base64::encode_string(bytes));
        Key::Shared { secret, encoding: SecretEncoding::OfScheme }
    }

    /// The text's own bytes.
    pub(crate) fn text(text: &str) -> Self {
        Key::Shared { secret: text.to_owned(), encoding: SecretEncoding::Text }
    }

    /// `whsk_` and `whpk_`.
    pub(crate) fn pair(seed: [u8; 32]) -> Self {
        let pair = postseal::generate_signing_key_pair(&mut fill(&seed)).expect("a seed not zero");
        Key::Pair { private_key: pair.private_key.as_str().to_owned(), public_key: pair.public_key }
    }

    pub(crate) fn of_sender(&self) -> KeyInput {
        match self {
            Key::Shared { secret, encoding } => {
                KeyInput { encoding: *encoding, ..KeyInput::from(secret.as_str()) }
            }
            Key::Pair { private_key, .. } => KeyInput::from(private_key.as_str()),
        }
    }
}

/// Everything random about one message and its keys.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) payload: Vec<u8>,
    pub(crate) id: String,
    pub(crate) content_type: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) now: UnixTime,
    pub(crate) nonce: [u8; 12],
    pub(crate) encryption_key: String,
    pub(crate) stranger: [u8; 32],
    pub(crate) encoded: (Vec<u8>, &'static str),
    pub(crate) texts: [String; 2],
    pub(crate) seeds: [[u8; 32]; 2],
}

impl Sample {
    pub(crate) fn message(&self) -> Message<'_> {
        let content_type = self.content_type.as_deref();
        Message { id: &self.id, content_type, payload: &self.payload }
    }

    /// Each kind of key that a scheme takes alone, then several together.
    pub(crate) fn rings(&self, scheme: &Scheme) -> Vec<Vec<Key>> {
        let [text, other] = self.texts.each_ref().map(|text| Key::text(text));
        if scheme.name() != "standard" {
            return vec![vec![text.clone()], vec![text, other]];
        }
        let encoded = Key::encoded(&self.encoded.0, self.encoded.1);
        let [pair, second] = self.seeds.map(Key::pair);
        vec![
            vec![encoded.clone()],
            vec![text.clone()],
            vec![pair.clone()],
            vec![pair, text, encoded, second, other],
        ]
    }

    pub(crate) fn sender(
        &self,
        scheme: &'static Scheme,
        envelope: Option<Envelope>,
        ring: &[Key],
    ) -> Sender {
        Sender::new(SenderOptions {
            scheme,
            secrets: Some(ring.iter().map(|key| Some(key.of_sender())).collect()),
            encryption_keys: envelope.map(|_| self.encryption_keys()),
            envelope,
            audience: self.audience.clone().filter(|_| envelope == Some(Envelope::Jwe)),
            ..SenderOptions::default()
        })
        .expect("a sender")
    }

    pub(crate) fn seal(&self, sender: &Sender) -> Sealed {
        sender.seal(&self.message(), self.now, &mut fill(&self.nonce)).expect("a sealed message")
    }

    pub(crate) fn receiver(
        &self,
        scheme: &'static Scheme,
        envelope: Option<Envelope>,
        ring: &[Key],
    ) -> Receiver {
        Receiver::new(ReceiverOptions {
            scheme,
            keys: KeyOptions {
                encryption_keys: envelope.map(|_| self.encryption_keys()),
                ..verifying(ring)
            },
            envelope,
            audience: self.audience.clone().filter(|_| envelope == Some(Envelope::Jwe)),
            ..ReceiverOptions::default()
        })
        .expect("a receiver")
    }

    pub(crate) fn encryption_keys(&self) -> KeyList {
        vec![Some(KeyInput::from(self.encryption_key.as_str()))]
    }
}

/// The receiver's lists for a ring; a list that would be empty is not given.
pub(crate) fn verifying(ring: &[Key]) -> KeyOptions {
    let secrets = ring.iter().filter_map(|key| match key {
        Key::Shared { .. } => Some(Some(key.of_sender())),
        Key::Pair { .. } => None,
    });
    let public_keys = ring.iter().filter_map(|key| match key {
        Key::Pair { public_key, .. } => Some(Some(KeyInput::from(public_key.as_str()))),
        Key::Shared { .. } => None,
    });
    let given = |list: KeyList| (!list.is_empty()).then_some(list);
    KeyOptions {
        secrets: given(secrets.collect()),
        public_keys: given(public_keys.collect()),
        encryption_keys: None,
    }
}

/// Entropy that is known beforehand.
pub(crate) fn fill(bytes: &[u8]) -> impl FnMut(&mut [u8]) -> Result<(), Error> {
    |buffer| {
        buffer.copy_from_slice(&bytes[..buffer.len()]);
        Ok(())
    }
}

/// Random bytes that are not all zero: such a generator is refused.
fn entropy<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    any::<[u8; N]>().prop_filter("not all zero", |bytes| *bytes != [0; N])
}

pub(crate) fn sample(payload: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Sample> {
    let text_secret = || "[!-~]{1}\\PC{15,60}";
    let message = (
        payload,
        "[A-Za-z0-9_-]{1,255}",
        option::of("[ -~]{1,255}"),
        option::of("[ -~]{1,512}"),
        (1_000_000_000..100_000_000_000_i64)
            .prop_map(|now| UnixTime::new(now).expect("an instant")),
    );
    let keys = (
        entropy::<12>(),
        entropy::<32>(),
        entropy::<32>(),
        (vec(any::<u8>(), 24..=75), select(vec!["", "whsec_", "v1,whsec_"])),
        [text_secret(), text_secret()],
        [entropy::<32>(), entropy::<32>()],
    );
    (message, keys).prop_map(|(message, keys)| {
        let (payload, id, content_type, audience, now) = message;
        let (nonce, encryption_key, stranger, encoded, texts, seeds) = keys;
        let encryption_key = postseal::generate_encryption_key(&mut fill(&encryption_key));
        let encryption_key = encryption_key.expect("a key").to_string();
        Sample {
            payload,
            id,
            content_type,
            audience,
            now,
            nonce,
            encryption_key,
            stranger,
            encoded,
            texts,
            seeds,
        }
    })
}

pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

pub(crate) fn code<T>(result: Result<T, Error>) -> Option<&'static str> {
    result.err().map(|error| error.code().as_str())
}
