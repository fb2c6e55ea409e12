//! Every vector, natively: the same files run in every other language.

mod support;

use postseal::{Error, Message, Receiver, Scheme, Sender, UnixTime};
use std::collections::BTreeSet;
use support::{Case, Expect, ExpectedDelivery, Seal, SenderCase, decode, receiving, sending};

#[test]
fn every_case_gives_its_delivery_or_code() {
    let mut names = BTreeSet::new();
    let mut hostile = 0;
    let mut wrong = Vec::new();
    for (file, case) in receiving() {
        assert!(names.insert(case.name.clone()), "{file}: {} stands twice", case.name);
        hostile += usize::from(matches!(case.expect, Expect::Code(_)));
        wrong.extend(check(&case).err().map(|why| format!("{file}: {}: {why}", case.name)));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(hostile >= 200, "only {hostile} hostile cases were found");
}

#[test]
fn every_case_with_a_seal_is_sealed_to_the_byte() {
    let mut sealed = 0;
    for (file, case) in receiving() {
        let Some(seal) = &case.seal else { continue };
        check_seal(&case, seal).unwrap_or_else(|why| panic!("{file}: {}: {why}", case.name));
        sealed += 1;
    }
    assert!(sealed >= 10, "only {sealed} cases with a seal were found");
}

#[test]
fn every_refusal_of_a_sender_has_its_code() {
    let cases = sending();
    assert!(cases.len() >= 10, "only {} cases were found", cases.len());
    for (_, case) in cases {
        let Expect::Code(code) = &case.expect else { panic!("{}: not a refusal", case.name) };
        let error = refuse(&case).expect_err(&case.name);
        assert_eq!(error.code().as_str(), code, "{}: {}", case.name, error.message());
    }
}

fn check(case: &Case) -> Result<(), String> {
    let body = case.body();
    let opened = open(case, &body);
    match (&case.expect, opened) {
        (Expect::Code(code), Err(error)) if error.code().as_str() == code => Ok(()),
        (Expect::Code(code), Err(error)) => Err(format!("expected {code}, got {error}")),
        (Expect::Code(code), Ok(_)) => Err(format!("expected {code}, got a delivery")),
        (Expect::Delivery(_), Err(error)) => Err(format!("expected a delivery, got {error}")),
        (Expect::Delivery(expected), Ok(facts)) => {
            compare(expected, &facts).and_then(|()| check_scheme(&case.scheme, expected))
        }
    }
}

/// What a scheme says of itself is what its deliveries have. A token brings an id of its own.
fn check_scheme(name: &str, expected: &ExpectedDelivery) -> Result<(), String> {
    let scheme = Scheme::named(name).map_err(|error| error.to_string())?;
    if scheme.signs_timestamp() != expected.timestamp.is_some() {
        return Err("signs_timestamp is not what the delivery has".to_owned());
    }
    if scheme.signs_id() != expected.id.is_some() && !expected.encrypted {
        return Err("signs_id is not what the delivery has".to_owned());
    }
    Ok(())
}

fn open(case: &Case, body: &[u8]) -> Result<Facts, Error> {
    let receiver = Receiver::new(case.options.receiver(&case.scheme)?)?;
    let now = UnixTime::new(case.now)?;
    let delivery = match case.options.call_keys() {
        Some(keys) => receiver.open_with(&case.headers, body, now, &keys)?,
        None => receiver.open(&case.headers, body, now)?,
    };
    Ok(vec![
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
    ])
}

type Facts = Vec<(&'static str, String)>;

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

fn check_seal(case: &Case, seal: &Seal) -> Result<(), String> {
    let sender = seal.options.sender(&case.scheme).and_then(Sender::new);
    let sender = sender.map_err(|error| error.to_string())?;
    let payload = seal.message.payload();
    let message = Message {
        id: &seal.message.id,
        content_type: seal.message.content_type.as_deref(),
        payload: &payload,
    };
    let nonce = seal.nonce().unwrap_or_default();
    let now = UnixTime::new(case.now).map_err(|error| error.to_string())?;
    let sealed =
        sender.seal(&message, now, &mut entropy(&nonce)).map_err(|error| error.to_string())?;
    let headers = sealed.headers.iter().map(|(name, value)| (name.to_string(), value.clone()));
    let headers: Vec<_> = headers.collect();
    if headers != case.headers {
        return Err(format!("headers: expected {:?}, got {headers:?}", case.headers));
    }
    if sealed.body != case.body() {
        return Err(format!("body: got {:?}", String::from_utf8_lossy(&sealed.body)));
    }
    Ok(())
}

/// Seals the message once for each nonce, or once with one of sevens. All but the last are sealed.
fn refuse(case: &SenderCase) -> Result<(), Error> {
    let sender = Sender::new(case.options.sender(&case.scheme)?)?;
    let now = UnixTime::new(case.now)?;
    let payload = case.message.payload();
    let message = Message {
        id: &case.message.id,
        content_type: case.message.content_type.as_deref(),
        payload: &payload,
    };
    let mut nonces: Vec<_> = case.nonces.iter().map(|nonce| decode(nonce)).collect();
    let last = nonces.pop().unwrap_or_else(|| vec![7; 12]);
    for nonce in nonces {
        sender.seal(&message, now, &mut entropy(&nonce)).expect("all but the last are sealed");
    }
    sender.seal(&message, now, &mut entropy(&last)).map(|_| ())
}

/// Randomness that is these bytes.
fn entropy(nonce: &[u8]) -> impl FnMut(&mut [u8]) -> Result<(), Error> {
    |bytes| {
        bytes.copy_from_slice(nonce);
        Ok(())
    }
}
