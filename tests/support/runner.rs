//! Runs every vector of receiving and sending on one face: the core, or a host of the module.

use super::{Case, Expect, ExpectedDelivery, Seal, SenderCase, decode, receiving, sending};
use postseal::{Error, KeyOptions, Message, ReceiverOptions, SenderOptions};
use std::collections::BTreeSet;

/// Headers and body, as they are sent.
pub type Sent = (Vec<(String, String)>, Vec<u8>);

/// What the vectors ask of a face.
pub trait Face {
    /// Makes a receiver and opens one request.
    fn open(&self, options: ReceiverOptions, request: Request<'_>) -> Result<Facts, Error>;

    /// Makes a sender and seals a message once for each nonce: what came of the last. All before
    /// it must be sealed.
    fn seal(
        &self,
        options: SenderOptions,
        message: &Message<'_>,
        now: i64,
        nonces: &[Vec<u8>],
    ) -> Result<Sent, Error>;
}

/// One request, and what comes with the call.
pub struct Request<'a> {
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
    pub now: i64,
    pub keys: Option<KeyOptions>,
}

/// Everything that a delivery says, in words.
pub type Facts = Vec<(&'static str, String)>;

/// The facts of a delivery, whichever face made it.
macro_rules! facts {
    ($delivery:expr) => {{
        let delivery = $delivery;
        vec![
            ("id", format!("{:?}", delivery.id())),
            ("timestamp", format!("{:?}", delivery.timestamp())),
            ("replayKey", delivery.replay_key().into()),
            ("replayKeySource", delivery.replay_key_source().as_str().into()),
            ("replayProtected", delivery.replay_protected().to_string()),
            ("secretId", delivery.secret_id().into()),
            ("matchedSecretIds", delivery.matched_secret_ids().join(" ")),
            ("encrypted", delivery.encrypted().to_string()),
            ("encryptionKeyId", format!("{:?}", delivery.encryption_key_id())),
            ("contentType", format!("{:?}", delivery.content_type())),
            ("payload", format!("{:?}", delivery.payload())),
        ]
    }};
}
pub(crate) use facts;

/// Every case of receiving gives its delivery or its code.
pub fn open_all(face: &impl Face) {
    let mut names = BTreeSet::new();
    let mut hostile = 0;
    let mut wrong = Vec::new();
    for (file, case) in receiving() {
        assert!(names.insert(case.name.clone()), "{file}: {} stands twice", case.name);
        hostile += usize::from(matches!(case.expect, Expect::Code(_)));
        wrong.extend(check(face, &case).err().map(|why| format!("{file}: {}: {why}", case.name)));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(hostile >= 200, "only {hostile} hostile cases were found");
}

/// Every case with a seal is sealed to the byte.
pub fn seal_all(face: &impl Face) {
    let mut sealed = 0;
    for (file, case) in receiving() {
        let Some(seal) = &case.seal else { continue };
        check_seal(face, &case, seal).unwrap_or_else(|why| panic!("{file}: {}: {why}", case.name));
        sealed += 1;
    }
    assert!(sealed >= 10, "only {sealed} cases with a seal were found");
}

/// Every refusal of a sender has its code.
pub fn refuse_all(face: &impl Face) {
    let cases = sending();
    assert!(cases.len() >= 10, "only {} cases were found", cases.len());
    for (_, case) in cases {
        let Expect::Code(code) = &case.expect else { panic!("{}: not a refusal", case.name) };
        let error = refuse(face, &case).expect_err(&case.name);
        assert_eq!(error.code().as_str(), code, "{}: {}", case.name, error.message());
    }
}

fn check(face: &impl Face, case: &Case) -> Result<(), String> {
    let body = case.body();
    let opened = open(face, case, &body);
    match (&case.expect, opened) {
        (Expect::Code(code), Err(error)) if error.code().as_str() == code => Ok(()),
        (Expect::Code(code), Err(error)) => Err(format!("expected {code}, got {error}")),
        (Expect::Code(code), Ok(_)) => Err(format!("expected {code}, got a delivery")),
        (Expect::Delivery(_), Err(error)) => Err(format!("expected a delivery, got {error}")),
        (Expect::Delivery(expected), Ok(facts)) => compare(expected, &facts),
    }
}

fn open(face: &impl Face, case: &Case, body: &[u8]) -> Result<Facts, Error> {
    let (headers, now, keys) = (&case.headers, case.now, case.options.call_keys());
    face.open(case.options.receiver(&case.scheme)?, Request { headers, body, now, keys })
}

fn compare(expected: &ExpectedDelivery, facts: &Facts) -> Result<(), String> {
    let expected: Facts = vec![
        ("id", format!("{:?}", expected.id.as_deref())),
        ("timestamp", format!("{:?}", expected.timestamp)),
        ("replayKey", expected.replay_key.clone()),
        ("replayKeySource", expected.replay_key_source.clone()),
        ("replayProtected", expected.replay_protected.to_string()),
        ("secretId", expected.secret_id.clone()),
        ("matchedSecretIds", expected.matched_secret_ids.join(" ")),
        ("encrypted", expected.encrypted.to_string()),
        ("encryptionKeyId", format!("{:?}", expected.encryption_key_id.as_deref())),
        ("contentType", format!("{:?}", expected.content_type.as_deref())),
        ("payload", format!("{:?}", expected.payload())),
    ];
    let differs = |(want, got): (&(&str, String), &(&str, String))| {
        (want != got).then(|| format!("{}: expected {}, got {}", want.0, want.1, got.1))
    };
    match expected.iter().zip(facts).find_map(differs) {
        Some(why) => Err(why),
        None => Ok(()),
    }
}

fn check_seal(face: &impl Face, case: &Case, seal: &Seal) -> Result<(), String> {
    let options = seal.options.sender(&case.scheme).map_err(|error| error.to_string())?;
    let payload = seal.message.payload();
    let message = Message {
        id: &seal.message.id,
        content_type: seal.message.content_type.as_deref(),
        payload: &payload,
    };
    let nonces = [seal.nonce().unwrap_or_default()];
    let sealed = face.seal(options, &message, case.now, &nonces);
    let (headers, body) = sealed.map_err(|error| error.to_string())?;
    if headers != case.headers {
        return Err(format!("headers: expected {:?}, got {headers:?}", case.headers));
    }
    if body != case.body() {
        return Err(format!("body: got {:?}", String::from_utf8_lossy(&body)));
    }
    Ok(())
}

/// Seals the message once for each nonce, or once with one of sevens. All but the last are sealed.
fn refuse(face: &impl Face, case: &SenderCase) -> Result<(), Error> {
    let payload = case.message.payload();
    let message = Message {
        id: &case.message.id,
        content_type: case.message.content_type.as_deref(),
        payload: &payload,
    };
    let mut nonces: Vec<_> = case.nonces.iter().map(|nonce| decode(nonce)).collect();
    if nonces.is_empty() {
        nonces.push(vec![7; 12]);
    }
    face.seal(case.options.sender(&case.scheme)?, &message, case.now, &nonces).map(|_| ())
}
