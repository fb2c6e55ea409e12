//! Hostile input: headers and bodies that come near to what is accepted. None opens or panics.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use postseal::{
    Encryption, Envelope, KeyInput, KeyOptions, Message, Receiver, ReceiverOptions, Scheme, Sealed,
    Sender, SenderOptions, UnixTime,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::sample::{ENVELOPE_CODES, Key, cases, code, fill, verifying};

/// The instant of the tests on hostile input.
const NOW: i64 = 1_700_000_000;

/// A value that a header may have, by a signer who has no key.
fn fitting(name: &str) -> BoxedStrategy<String> {
    let mac = vec(any::<u8>(), 32).prop_map(|mac| Base64::encode_string(&mac));
    let ed25519 = vec(any::<u8>(), 64).prop_map(|bytes| Base64::encode_string(&bytes));
    let hex = vec(any::<u8>(), 32).prop_map(|mac| base16ct::lower::encode_string(&mac));
    let timestamp = (NOW - 400..=NOW + 400).prop_map(|seconds| seconds.to_string());
    match name {
        "webhook-id" | "svix-id" => "[!-+/-~&&[^,]]{1,20}".boxed(),
        "webhook-signature" | "svix-signature" => prop_oneof![
            mac.clone().prop_map(|mac| format!("v1,{mac}")),
            (mac, ed25519).prop_map(|(mac, other)| format!("v1a,{other} v1,{mac}")),
        ]
        .boxed(),
        "stripe-signature" => {
            (timestamp, hex).prop_map(|(time, hex)| format!("t={time},v1={hex}")).boxed()
        }
        "x-hub-signature-256" => hex.prop_map(|hex| format!("sha256={hex}")).boxed(),
        "x-slack-signature" => hex.prop_map(|hex| format!("v0={hex}")).boxed(),
        "x-webhook-signature" => hex.boxed(),
        name if name.ends_with("timestamp") => timestamp.boxed(),
        _ => mac.boxed(),
    }
}

/// A value that fits, or that comes near to another header's grammar, or to nothing.
fn value(name: String) -> impl Strategy<Value = (String, Vec<u8>)> {
    let marks = vec!["v1,", "v1a,", "v1=", "t=", ",", " ", "\t", "=", ".", "0", "v2,x", "\""];
    let other = select(Scheme::all_header_names()).prop_flat_map(|other| fitting(&other));
    let pieces = vec(prop_oneof![select(marks).prop_map(str::to_string), other], 0..12);
    let value = prop_oneof![
        12 => fitting(&name).prop_map(String::into_bytes),
        1 => pieces.prop_map(|pieces| pieces.concat().into_bytes()),
        1 => vec(any::<u8>(), 0..64),
    ];
    let name = prop_oneof![Just(name.clone()), Just(name.to_uppercase())];
    (name, value)
}

/// The headers of some scheme, then others: doubled, in any case, or of no scheme at all.
fn headers() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let scheme = select(Scheme::ALL.iter().collect::<Vec<_>>());
    let all = (scheme, option::weighted(0.9, select(vec!["webhook-", "svix-"])));
    let all = all.prop_flat_map(|(scheme, family)| {
        let mut names = scheme.header_names();
        let in_family = |name: &String| family.is_none_or(|family| name.starts_with(family));
        names.retain(|name| scheme.name() != "standard" || in_family(name));
        names.into_iter().map(value).collect::<Vec<_>>()
    });
    let name = prop_oneof![3 => select(Scheme::all_header_names()), 1 => "\\PC{0,20}"];
    (all, vec(name.prop_flat_map(value), 0..3)).prop_map(|(all, others)| [all, others].concat())
}

/// Bodies that come near to an envelope, or to nothing.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let encoded = |bytes: Vec<u8>| Base64UrlUnpadded::encode_string(&bytes);
    let odd = || prop_oneof!["[A-Za-z0-9_=+/-]{0,8}", "[A-Za-z0-9_-]{4,80}"];
    let header = members(&[
        ("alg", "dir"),
        ("enc", "A256GCM"),
        ("kid", KID),
        ("webhook-id", "evt_1"),
        ("cty", "text/plain"),
    ]);
    let token = (
        prop_oneof![9 => header.prop_map(encoded), 1 => odd()],
        prop_oneof![9 => vec(any::<u8>(), 12).prop_map(encoded), 1 => odd()],
        prop_oneof![9 => vec(any::<u8>(), 0..40).prop_map(encoded), 1 => odd()],
        prop_oneof![9 => vec(any::<u8>(), 16).prop_map(encoded), 1 => odd()],
    );
    let token =
        token.prop_map(|(header, nonce, text, tag)| format!("{header}..{nonce}.{text}.{tag}"));
    let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    let object = members(&[("encrypted", text), ("nonce", "AAECAwQFBgcICQoL"), ("kid", KID)]);
    prop_oneof![
        4 => token.prop_map(String::into_bytes),
        4 => object,
        1 => vec(any::<u8>(), 0..200),
    ]
}

/// An object of these members: half the time as they are, else with odd, doubled or missing ones,
/// odd values, odd spaces or odd brackets.
fn members(good: &[(&'static str, &'static str)]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let good: Vec<_> = good.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    let odd_name =
        select(vec!["alg", "enc", "kid", "typ", "aud", "zip", "crit", "nonce", "\\u006eonce"]);
    let odd_value = select(vec![
        "null",
        "1e999",
        "{}",
        "[[[]]]",
        "true",
        "-",
        "\"",
        "\"\"",
        "\"JOSE\"",
        "\"\\ud800\"",
        "\"é\"",
        "\"a.b\"",
    ]);
    let space = || select(vec!["", " ", "\n", "\t "]);
    let odd = (odd_name, space(), odd_value)
        .prop_map(|(name, space, value)| format!("\"{name}\"{space}:{space}{value}"));
    let edited = (vec(odd, 0..3), any::<[u8; 2]>(), select(vec!["{", "{", "[", "{{"]), space());
    (option::of(edited), Just(good).prop_shuffle()).prop_map(|(edited, mut members)| {
        let Some((odd, [edit, at], open, space)) = edited else {
            return format!("{{{}}}", members.join(",")).into_bytes();
        };
        if edit < 80 {
            members.remove(usize::from(at) % members.len());
        }
        members.extend(odd);
        format!("{space}{open}{}}}{space}", members.join(&format!("{space},"))).into_bytes()
    })
}

/// The name of the encryption key of [`receiver`].
const KID: &str = "bsDAPJpiCrQDD8RYegWUPobG_PHEiRqBxym0hRX4iU8";

/// A receiver with a key of each kind that its scheme takes.
fn receiver(scheme: &'static Scheme, envelope: Envelope, encryption: Encryption) -> Receiver {
    let ring = match scheme.name() {
        "standard" => vec![Key::encoded(&[7; 32], "whsec_"), Key::pair([8; 32])],
        _ => vec![Key::text("a secret of enough bytes")],
    };
    let encryption_key = postseal::generate_encryption_key(&mut fill(&[9; 32])).expect("a key");
    Receiver::new(ReceiverOptions {
        scheme,
        keys: KeyOptions {
            encryption_keys: Some(vec![Some(KeyInput::from(encryption_key.as_str()))]),
            ..verifying(&ring)
        },
        envelope: Some(envelope),
        encryption: Some(encryption),
        ..ReceiverOptions::default()
    })
    .expect("a receiver")
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn whatever_is_not_signed_is_refused(headers in headers(), body in body()) {
        for scheme in Scheme::ALL {
            let receiver = receiver(scheme, Envelope::Jwe, Encryption::Optional);
            let refused = receiver.open(&headers, &body, now()).expect_err("nobody signed this");
            prop_assert_eq!(refused.status(), 401, "{}: {}", scheme.name(), refused);
        }
    }

    #[test]
    fn whatever_is_signed_but_not_encrypted_is_refused(body in body()) {
        refuses_or_says_plain(&body, Envelope::Jwe);
        refuses_or_says_plain(&body, Envelope::Json);
    }
}

/// A signer without the encryption key gets nothing through where encryption is required, and only
/// bodies that are told to be plain where it is optional. Forbidden is the opposite of required.
fn refuses_or_says_plain(body: &[u8], envelope: Envelope) {
    let sealed = signed(body);
    let open = |encryption| {
        let receiver = receiver(Scheme::standard(), envelope, encryption);
        let opened = receiver.open(&sealed.headers, &sealed.body, now());
        opened.map(|delivery| (delivery.encrypted(), delivery.into_payload()))
    };
    let required = code(open(Encryption::Required)).expect("nobody encrypted this");
    let (optional, forbidden) = (open(Encryption::Optional), open(Encryption::Forbidden));
    if required == "not_encrypted" {
        assert_eq!(optional.expect("a plain body"), (false, body.to_vec()));
        assert_eq!(forbidden.expect("a plain body"), (false, body.to_vec()));
    } else {
        assert!(ENVELOPE_CODES.contains(&required), "{required}");
        assert_eq!(code(optional), Some(required));
        assert_eq!(code(forbidden), Some("encryption_forbidden"));
    }
}

fn signed(body: &[u8]) -> Sealed {
    let secrets = vec![Some(Key::encoded(&[7; 32], "whsec_").of_sender())];
    let sender = Sender::new(SenderOptions { secrets: Some(secrets), ..SenderOptions::default() });
    let message = Message { id: "evt_1", content_type: None, payload: body };
    sender.expect("a sender").seal(&message, now(), &mut fill(&[])).expect("signed")
}

fn now() -> UnixTime {
    UnixTime::new(NOW).expect("an instant")
}
