//! Secrets and keys in any spelling: read as `docs/formats.md` says, or refused without a word of
//! what they are.
#![no_main]

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use libfuzzer_sys::fuzz_target;
use postseal::{
    Error, KeyInput, KeyOptions, Message, Receiver, ReceiverOptions, Sealed, SecretEncoding,
    Sender, SenderOptions, UnixTime,
};
use postseal_fuzz::keys::{NOW, kid_of, list};
use postseal_fuzz::request::{SCHEMES, scheme};
use postseal_fuzz::seeds;
use ring::hmac;
use ring::signature::{ED25519, UnparsedPublicKey};

/// What base64 has, and no message: a fuzzer does find a text that is a piece of a message's prose.
const TELLING: [char; 3] = ['/', '+', '='];
/// A text of this length does not stand in a message by chance.
const TELLING_BYTES: usize = 8;

fuzz_target!(
    init: seeds::write(seeds::secrets),
    |bytes: &[u8]| {
        let Some(([place, kind], text)) = bytes.split_first_chunk() else { return };
        let Ok(text) = std::str::from_utf8(text) else { return };
        let is_text = kind & 4 == 4;
        match kind % 4 {
            0 => check_secret(SCHEMES[usize::from(*place) % SCHEMES.len()], is_text, text),
            1 => check_encryption_key(text),
            2 => check_public_key(text),
            _ => check_private_key(text),
        }
    }
);

fn check_secret(name: &'static str, is_text: bool, text: &str) {
    let expected = mac_key(name, is_text, text);
    let input = || {
        let encoding = if is_text { SecretEncoding::Text } else { SecretEncoding::OfScheme };
        Some(vec![Some(KeyInput { encoding, ..KeyInput::from(text) })])
    };
    let keys = KeyOptions { secrets: input(), ..KeyOptions::default() };
    let options = ReceiverOptions { scheme: scheme(name), keys, ..ReceiverOptions::default() };
    let receiver = Receiver::new(options);
    let Some(key) = expected else {
        return refused(receiver, &["invalid_secret"], text);
    };
    let sender = SenderOptions { scheme: scheme(name), secrets: input(), ..Default::default() };
    let sealed = seal(&Sender::new(sender).expect("a sender"));
    let signature = sealed.headers.last().map(|(_, value)| value.as_str()).unwrap_or_default();
    assert!(signature.ends_with(&mac_text(name, &key)), "{name} signs with another key");
    open(&receiver.expect("a receiver"), &sealed);
}

fn check_encryption_key(text: &str) {
    let trimmed = without_newline(text);
    let bytes = decoded(trimmed.strip_prefix("whenc_").unwrap_or(trimmed));
    let made = postseal::key_id(text);
    match bytes.filter(|bytes| bytes.len() == 32) {
        Some(bytes) => assert_eq!(made.expect("a key"), kid_of(&bytes)),
        None => refused(made, &["invalid_key", "invalid_secret"], text),
    }
}

/// Which points are keys is the library's to say; here only that nothing else is one.
fn check_public_key(text: &str) {
    let bytes = without_newline(text).strip_prefix("whpk_").and_then(decoded);
    let keys = KeyOptions { public_keys: list([text]), ..KeyOptions::default() };
    let made = Receiver::new(ReceiverOptions { keys, ..ReceiverOptions::default() });
    match made {
        Ok(_) => assert_eq!(bytes.map(|bytes| bytes.len()), Some(32)),
        Err(error) => refused(Err::<Receiver, _>(error), &["invalid_key", "invalid_secret"], text),
    }
}

fn check_private_key(text: &str) {
    let bytes = without_newline(text).strip_prefix("whsk_").and_then(decoded);
    let made = Sender::new(SenderOptions { secrets: list([text]), ..Default::default() });
    let pair = bytes.and_then(|bytes| {
        let (seed, public) = bytes.split_at_checked(32)?;
        let pair = ring::signature::Ed25519KeyPair::from_seed_and_public_key(seed, public).ok()?;
        Some((pair, public.to_vec()))
    });
    match (made, pair) {
        (Ok(sender), Some((_, public))) => {
            let sealed = seal(&sender);
            let signature = sealed.headers.last().and_then(|(_, value)| value.strip_prefix("v1a,"));
            let signature = signature.and_then(decoded).expect("an Ed25519 signature");
            let key = UnparsedPublicKey::new(&ED25519, public);
            key.verify(&signed_bytes("standard"), &signature).expect("a right signature");
        }
        (Ok(_), None) => assert!(mac_key("standard", false, text).is_some(), "no key of any kind"),
        (Err(error), None) => refused(Err::<Sender, _>(error), &["invalid_secret"], text),
        (Err(error), Some(_)) => panic!("a good key pair is refused: {error}"),
    }
}

/// SPEC: docs/formats.md, "Spellings of secrets and keys".
fn mac_key(scheme: &str, is_text: bool, text: &str) -> Option<Vec<u8>> {
    let text = without_newline(text);
    let quotes = |char: char| char.is_whitespace() || "\"'`\u{feff}".contains(char);
    let bare = text.trim_start_matches(quotes);
    let bare = bare.strip_prefix("v1,").unwrap_or(bare).to_lowercase();
    if ["whsk_", "whpk_", "whenc_"].iter().any(|prefix| bare.starts_with(prefix)) {
        return None;
    }
    if scheme == "standard" && !is_text {
        let text = text.strip_prefix("v1,").unwrap_or(text);
        let key = decoded(text.strip_prefix("whsec_").unwrap_or(text))?;
        return (24..=75).contains(&key.len()).then_some(key);
    }
    let least = if ["standard", "x-webhook"].contains(&scheme) { 16 } else { 1 };
    let good = (least..=255).contains(&text.len()) && !text.trim().is_empty();
    good.then(|| text.as_bytes().to_vec())
}

fn mac_text(scheme: &str, key: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, &signed_bytes(scheme));
    match scheme {
        "standard" | "shopify" => BASE64_STANDARD.encode(tag),
        _ => tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn signed_bytes(scheme: &str) -> Vec<u8> {
    match scheme {
        "standard" => format!("evt_1.{NOW}.{{}}").into_bytes(),
        "x-webhook" | "stripe" => format!("{NOW}.{{}}").into_bytes(),
        "slack" => format!("v0:{NOW}:{{}}").into_bytes(),
        _ => b"{}".to_vec(),
    }
}

fn seal(sender: &Sender) -> Sealed {
    let message = Message { id: "evt_1", content_type: None, payload: b"{}" };
    let now = UnixTime::new(NOW).expect("a time");
    let sealed = sender.seal(&message, now, &mut |_| unreachable!("nothing is encrypted"));
    sealed.expect("a sealed message")
}

fn open(receiver: &Receiver, sealed: &Sealed) {
    let now = UnixTime::new(NOW).expect("a time");
    let delivery = receiver.open(&sealed.headers, &sealed.body, now).expect("a delivery");
    assert_eq!(delivery.payload(), b"{}");
}

fn refused<T>(made: Result<T, Error>, codes: &[&str], text: &str) {
    let Err(error) = made else { panic!("{text:?} is read as a key") };
    assert!(codes.contains(&error.code().as_str()), "{error:?} for {text:?}");
    let shown = format!("{error} {error:?}");
    let telling = text.len() >= TELLING_BYTES && text.contains(TELLING);
    assert!(!telling || !shown.contains(text), "{shown} tells the text");
}

fn without_newline(text: &str) -> &str {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text)
}

/// Base64 whose padding may be left away, but must be right where it stands.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let engine = if text.contains('=') { BASE64_STANDARD } else { BASE64_STANDARD_NO_PAD };
    engine.decode(text).ok()
}
