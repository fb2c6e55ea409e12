//! What may be printed: no key and no payload stands in a public type's `Debug`, or in an error.

use postseal::{
    Error, KeyInput, KeyOptions, Message, Receiver, ReceiverOptions, Sender, SenderOptions,
    UnixTime, generate_signing_key_pair,
};
use std::fmt::Debug;

const SECRET: &str = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5";
const KEY: &str = "whenc_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2E=";
const PAYLOAD: &[u8] = b"canary-payload";
/// The texts, what they decode to, and the payload as a list of numbers.
const MARKS: [&str; 5] =
    ["Y2FuYXJ5", "canary", "99, 97, 110, 97, 114, 121", "63616e617279", "whsk_"];

fn list(text: &str) -> Option<Vec<Option<KeyInput>>> {
    Some(vec![Some(KeyInput::from(text))])
}

fn clean(what: &impl Debug) {
    let shown = format!("{what:?} {what:#?}");
    for mark in MARKS {
        assert!(!shown.contains(mark), "{mark} stands in {shown}");
    }
}

fn now() -> UnixTime {
    UnixTime::new(1_700_000_000).expect("a time")
}

fn receiver_options() -> ReceiverOptions {
    let keys =
        KeyOptions { secrets: list(SECRET), encryption_keys: list(KEY), ..KeyOptions::default() };
    ReceiverOptions { keys, ..ReceiverOptions::default() }
}

fn sender_options() -> SenderOptions {
    SenderOptions { secrets: list(SECRET), encryption_keys: list(KEY), ..SenderOptions::default() }
}

#[test]
fn nothing_that_is_printed_shows_a_key_or_a_payload() {
    let sender = Sender::new(sender_options()).expect("a sender");
    let receiver = Receiver::new(receiver_options()).expect("a receiver");
    let message = Message { id: "evt_1", content_type: None, payload: PAYLOAD };
    let mut entropy = |bytes: &mut [u8]| -> Result<(), Error> {
        bytes.fill(7);
        Ok(())
    };
    let prepared = sender.prepare(&message, now(), &mut entropy).expect("prepared");
    let pair = generate_signing_key_pair(&mut entropy).expect("a pair");
    let fresh = Sender::new(sender_options()).expect("a sender");
    let sealed = fresh.seal(&message, now(), &mut entropy).expect("sealed");
    let delivery = receiver.open(&sealed.headers, &sealed.body, now()).expect("a delivery");
    assert_eq!(delivery.payload(), PAYLOAD);

    clean(&KeyInput::from(SECRET));
    clean(&receiver_options());
    clean(&sender_options());
    clean(&(&sender, &receiver, &message));
    clean(&(&prepared, &sealed, &delivery));
    clean(&pair);
}

#[test]
fn no_error_shows_a_key_or_a_payload() {
    for text in [SECRET.get(..20).expect("a part"), &format!("{SECRET}!"), KEY, "canary"] {
        let keys = KeyOptions { secrets: list(text), ..KeyOptions::default() };
        let options = ReceiverOptions { keys, ..ReceiverOptions::default() };
        clean(&Receiver::new(options).expect_err("refused"));
    }
    let receiver = Receiver::new(receiver_options()).expect("a receiver");
    let headers = [("webhook-id", "canary"), ("webhook-timestamp", "canary")];
    clean(&receiver.open(&headers, PAYLOAD, now()).expect_err("refused"));
}

#[test]
fn an_unsigned_header_reads_as_fetch_reads_it() {
    let sender = Sender::new(SenderOptions { secrets: list(SECRET), ..SenderOptions::default() });
    let message = Message { id: "evt_1", content_type: None, payload: PAYLOAD };
    let sealed = sender.expect("a sender").seal(&message, now(), &mut |_| Ok(())).expect("sealed");
    let mut headers: Vec<(&str, &str)> =
        sealed.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    headers.extend([("X-Trace", " one\t"), ("x-trace", "two")]);

    let keys = KeyOptions { secrets: list(SECRET), ..KeyOptions::default() };
    let options = ReceiverOptions { keys, ..ReceiverOptions::default() };
    let receiver = Receiver::new(options).expect("a receiver");
    let delivery = receiver.open(&headers, &sealed.body, now()).expect("a delivery");
    assert_eq!(delivery.unsigned("x-TRACE").as_deref(), Some(b"one, two".as_slice()));
    assert_eq!(delivery.unsigned("x-other"), None);
}
