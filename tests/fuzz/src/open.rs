//! Opening a request with postseal, and what came of it in a form that can be compared.

use postseal::{
    Delivery, Encryption, Envelope, KeyOptions, Receiver, ReceiverOptions, ReplayKeySource,
    UnixTime,
};

use crate::keys::{self, list};
use crate::request::{Options, Request, scheme};

/// What a delivery says, or the code of the refusal.
pub type Outcome = Result<Facts, &'static str>;

/// Every fact of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub id: Option<String>,
    pub timestamp: Option<u64>,
    pub replay_key: String,
    pub matched: Vec<String>,
    pub encryption_key_id: Option<String>,
    pub content_type: Option<String>,
    pub payload: Vec<u8>,
}

/// Opens a request at [`keys::NOW`].
pub fn open(request: &Request) -> Outcome {
    open_shaped(&request.options, &request.headers, &request.body)
}

/// Opens a body under other headers than its request's own.
pub fn open_shaped(options: &Options, headers: &[(String, Vec<u8>)], body: &[u8]) -> Outcome {
    let now = UnixTime::new(keys::NOW).expect("a time");
    match receiver(options).open(headers, body, now) {
        Ok(delivery) => Ok(facts(&delivery)),
        Err(error) => {
            assert!(matches!(error.status(), 401 | 413), "a peer is told {error}");
            Err(error.code().as_str())
        }
    }
}

/// The receiver of these options: all that [`Options::read`] can say is valid.
pub fn receiver(options: &Options) -> Receiver {
    let secrets = (0..options.secrets).map(|index| keys::secret_text(options.scheme, index));
    let encryption_keys = (0..options.encryption_keys).map(keys::encryption_key_text);
    let made = Receiver::new(ReceiverOptions {
        scheme: scheme(options.scheme),
        keys: KeyOptions {
            secrets: list(secrets),
            public_keys: options.public_key.then(|| list([keys::public_key_text()])).flatten(),
            encryption_keys: (options.encryption_keys > 0).then(|| list(encryption_keys)).flatten(),
        },
        envelope: options.envelope.map(|name| Envelope::named(name).expect("an envelope")),
        encryption: options.encryption.map(|name| Encryption::named(name).expect("a policy")),
        audience: options.audience.then(|| keys::AUDIENCE.to_owned()),
        ..ReceiverOptions::default()
    });
    made.expect("a valid configuration")
}

/// Reads a delivery, and holds what it says of itself against each other.
fn facts(delivery: &Delivery<'_>) -> Facts {
    let facts = Facts {
        id: delivery.id().map(str::to_owned),
        timestamp: delivery.timestamp(),
        replay_key: delivery.replay_key().into_owned(),
        matched: delivery.matched_secret_ids().to_vec(),
        encryption_key_id: delivery.encryption_key_id().map(str::to_owned),
        content_type: delivery.content_type().map(str::to_owned),
        payload: delivery.payload().to_vec(),
    };
    assert_eq!(facts.matched.first().map(String::as_str), Some(delivery.secret_id()));
    assert_eq!(facts.encryption_key_id.is_some(), delivery.encrypted());
    assert_eq!(facts.timestamp.is_some(), delivery.replay_protected());
    let by_id = delivery.replay_key_source() == ReplayKeySource::SignedId;
    assert_eq!(facts.id.is_some(), by_id);
    assert!(!by_id || facts.id.as_deref() == Some(&facts.replay_key));
    facts
}
