//! The crate `standardwebhooks`: what it signs we open, what we sign it verifies.
//!
//! It takes payloads of UTF-8 alone, so all are of UTF-8 here.
#![allow(clippy::expect_used)]

use base64ct::{Base64, Encoding};
use http::HeaderMap;
use postseal::{
    Code, Delivery, Error, KeyInput, KeyList, KeyOptions, Message, Receiver, ReceiverOptions,
    Sealed, Sender, SenderOptions, UnixTime,
};
use standardwebhooks::Webhook;
use std::time::SystemTime;

const PAYLOADS: [&str; 4] =
    ["", "{}", r#"{"event":"order.paid","amount":4200}"#, "a\r\nb\0c.1700000000.\u{fffd}\u{1f4e6}"];
const ID: &str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";

/// Secrets of the shortest, of usual and of the longest length, in both spellings it reads.
fn secrets() -> Vec<String> {
    let encoded = |bytes: usize| Base64::encode_string(&vec![0xa5; bytes]);
    [24, 32, 64, 75]
        .into_iter()
        .flat_map(|bytes| [encoded(bytes), format!("whsec_{}", encoded(bytes))])
        .collect()
}

#[test]
fn what_it_signs_we_open() {
    for secret in secrets() {
        let (theirs, receiver) = (webhook(&secret), receiver(&[&secret]));
        for payload in PAYLOADS {
            let timestamp = seconds();
            let signature = theirs.sign(ID, timestamp, payload.as_bytes()).expect("signed");
            for family in ["webhook", "svix"] {
                let headers = headers(family, timestamp, &signature);
                let delivery = open(&receiver, &headers, payload).expect("a delivery");
                assert_eq!(delivery.payload(), payload.as_bytes());
                assert_eq!(delivery.id(), Some(ID));
            }
        }
    }
}

#[test]
fn what_we_sign_it_verifies() {
    for secret in secrets() {
        let theirs = webhook(&secret);
        let sender = sender(&[&secret], None);
        for payload in PAYLOADS {
            let sealed = seal(&sender, payload);
            theirs.verify(&sealed.body, &header_map(&sealed)).expect("verified");
            assert_eq!(sealed.body, payload.as_bytes());
        }
    }
}

/// A sender that rotates, and that signs with Ed25519 too, which the crate skips.
#[test]
fn each_of_several_signatures_is_found() {
    let [old, new] = [[1; 32], [2; 32]].map(|bytes| Base64::encode_string(&bytes));
    let pair = postseal::generate_signing_key_pair(&mut |seed| {
        seed.fill(3);
        Ok(())
    });
    let pair = pair.expect("a key pair");
    let sealed = seal(&sender(&[&pair.private_key, &new, &old], None), PAYLOADS[2]);
    for secret in [&old, &new] {
        webhook(secret).verify(&sealed.body, &header_map(&sealed)).expect("verified");
    }

    let timestamp = seconds();
    let sign = |secret| webhook(secret).sign(ID, timestamp, b"{}").expect("signed");
    let headers = headers("webhook", timestamp, &[sign(&new), sign(&old)].join(" "));
    for (ring, expected) in [(vec![&*old], "secret-1"), (vec![&*old, &*new], "secret-1 secret-2")] {
        let receiver = receiver(&ring);
        let delivery = open(&receiver, &headers, "{}").expect("a delivery");
        assert_eq!(delivery.matched_secret_ids().join(" "), expected);
    }
}

/// The signature is over the encrypted body, so a proxy that only verifies can use the crate.
#[test]
fn what_we_encrypt_it_verifies() {
    let secret = Base64::encode_string(&[4; 32]);
    let key = format!("whenc_{}", Base64::encode_string(&[5; 32]));
    let sealed = seal(&sender(&[&secret], Some(&key)), PAYLOADS[2]);
    webhook(&secret).verify(&sealed.body, &header_map(&sealed)).expect("verified");
}

#[test]
fn both_refuse_another_body_secret_and_time() {
    let [secret, other] = [[6; 32], [7; 32]].map(|bytes| Base64::encode_string(&bytes));
    let ours = receiver(&[&secret]);
    let refused = |headers: &[(String, String)], body, code: Code| {
        assert!(webhook(&secret).verify(str::as_bytes(body), &map(headers)).is_err(), "{code}");
        assert_eq!(open(&ours, headers, body).expect_err(code.as_str()).code(), code);
    };
    let signed = |secret: &str, timestamp| {
        let signature = webhook(secret).sign(ID, timestamp, b"{}").expect("signed");
        headers("webhook", timestamp, &signature)
    };
    refused(&signed(&secret, seconds()), "{ }", Code::SignatureMismatch);
    refused(&signed(&other, seconds()), "{}", Code::SignatureMismatch);
    refused(&signed(&secret, seconds() - 400), "{}", Code::TimestampTooOld);
    refused(&signed(&secret, seconds() + 400), "{}", Code::TimestampTooNew);
}

fn webhook(secret: &str) -> Webhook {
    Webhook::new(secret).expect("a secret")
}

fn keys(texts: &[&str]) -> KeyList {
    texts.iter().map(|text| Some(KeyInput::from(*text))).collect()
}

fn receiver(secrets: &[&str]) -> Receiver {
    let keys = KeyOptions { secrets: Some(keys(secrets)), ..KeyOptions::default() };
    Receiver::new(ReceiverOptions { keys, ..ReceiverOptions::default() }).expect("a receiver")
}

fn sender(secrets: &[&str], encryption_key: Option<&str>) -> Sender {
    Sender::new(SenderOptions {
        secrets: Some(keys(secrets)),
        encryption_keys: encryption_key.map(|key| keys(&[key])),
        ..SenderOptions::default()
    })
    .expect("a sender")
}

fn seal(sender: &Sender, payload: &str) -> Sealed {
    let message = Message { id: ID, content_type: None, payload: payload.as_bytes() };
    let sealed = sender.seal(&message, now(), &mut |nonce| {
        nonce.fill(8);
        Ok(())
    });
    sealed.expect("a sealed message")
}

fn open<'a>(
    receiver: &Receiver,
    headers: &'a [(String, String)],
    body: &'a str,
) -> Result<Delivery<'a>, Error> {
    receiver.open(headers, body.as_bytes(), now())
}

/// The crate reads the clock itself, so these tests do too.
fn now() -> UnixTime {
    UnixTime::try_from(SystemTime::now()).expect("a clock that is set")
}

fn seconds() -> i64 {
    now().seconds().try_into().expect("an instant")
}

fn headers(family: &str, timestamp: i64, signature: &str) -> Vec<(String, String)> {
    vec![
        (format!("{family}-id"), ID.to_string()),
        (format!("{family}-timestamp"), timestamp.to_string()),
        (format!("{family}-signature"), signature.to_string()),
    ]
}

fn header_map(sealed: &Sealed) -> HeaderMap {
    map(&sealed.headers)
}

fn map<N: AsRef<str>>(headers: &[(N, String)]) -> HeaderMap {
    let pair = |(name, value): &(N, String)| {
        let name = http::HeaderName::try_from(name.as_ref()).expect("a name");
        (name, http::HeaderValue::try_from(value).expect("a value"))
    };
    headers.iter().map(pair).collect()
}
