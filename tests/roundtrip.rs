//! Properties: what is sealed opens as it was, and what was changed in one bit is refused.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "roundtrip/hostile.rs"]
mod hostile;
#[path = "roundtrip/sample.rs"]
mod sample;

use postseal::{Delivery, Envelope, Message, Receiver, ReplayKeySource, Scheme, Sealed, UnixTime};
use proptest::collection::vec;
use proptest::prelude::*;
use sample::{ENVELOPE_CODES, Key, Sample, cases, code, fill, sample};

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn what_is_sealed_opens(sample in sample(vec(any::<u8>(), 0..2048))) {
        each_combination(&sample, |scheme, ring, envelope| {
            let sealed = sample.seal(&sample.sender(scheme, envelope, ring));
            let receiver = sample.receiver(scheme, envelope, ring);
            let delivery = receiver.open(&sealed.headers, &sealed.body, sample.now);
            let delivery = delivery.expect("a delivery");
            check(&sample, scheme, envelope, &sealed.body, &delivery);
            assert_eq!(delivery.matched_secret_ids(), matched(scheme, ring));
        });
    }

    /// In a rotation, one of the sender's keys is enough to open, and another's key is not.
    #[test]
    fn one_shared_key_is_enough(sample in sample(vec(any::<u8>(), 0..256))) {
        opens_with_each_key(&sample, Scheme::standard());
        opens_with_each_key(&sample, Scheme::named("stripe").expect("a scheme"));
    }
}

proptest! {
    #![proptest_config(cases(3))]

    /// Every bit of the body and of every header that is read, one after the other.
    #[test]
    fn one_changed_bit_is_refused(sample in sample(vec(any::<u8>(), 0..48))) {
        each_combination(&sample, |scheme, ring, envelope| {
            // With several signatures, a changed one leaves the others as good as they were.
            if ring.len() == 1 {
                let sealed = sample.seal(&sample.sender(scheme, envelope, ring));
                let receiver = sample.receiver(scheme, envelope, ring);
                refuses_changed_bodies(&receiver, &sealed, sample.now);
                refuses_changed_headers(&receiver, &sealed, sample.now);
            }
        });
    }

    /// The same changes by someone who can sign, but does not hold the encryption key.
    #[test]
    fn one_changed_bit_of_an_envelope_is_refused_though_signed(
        sample in sample(vec(any::<u8>(), 0..48)),
    ) {
        refuses_changed_envelope(&sample, Envelope::Jwe);
        refuses_changed_envelope(&sample, Envelope::Json);
    }
}

/// Every scheme, with each kind of key and with several, plain and in each envelope.
fn each_combination(
    sample: &Sample,
    mut check: impl FnMut(&'static Scheme, &[Key], Option<Envelope>),
) {
    for scheme in Scheme::ALL {
        for ring in sample.rings(scheme) {
            for envelope in [None, Some(Envelope::Jwe), Some(Envelope::Json)] {
                check(scheme, &ring, envelope);
            }
        }
    }
}

fn opens_with_each_key(sample: &Sample, scheme: &'static Scheme) {
    let ring = sample.rings(scheme).pop().expect("the ring of several keys");
    let stranger = Key::encoded(&sample.stranger, "whsec_");
    let sealed = sample.seal(&sample.sender(scheme, Some(Envelope::Jwe), &ring));
    let open = |ring: &[Key]| {
        let receiver = sample.receiver(scheme, Some(Envelope::Jwe), ring);
        let opened = receiver.open(&sealed.headers, &sealed.body, sample.now);
        opened.map(|delivery| delivery.matched_secret_ids().to_vec())
    };
    for key in &ring {
        let expected = match key {
            Key::Shared { .. } => "secret-2",
            Key::Pair { .. } => "public-key-1",
        };
        assert_eq!(open(&[stranger.clone(), key.clone()]).expect("a delivery"), [expected]);
    }
    assert_eq!(code(open(&[stranger])), Some("signature_mismatch"));
}

fn refuses_changed_bodies(receiver: &Receiver, sealed: &Sealed, now: UnixTime) {
    for body in one_bit_changes(&sealed.body) {
        let refused = receiver.open(&sealed.headers, &body, now);
        assert_eq!(code(refused), Some("signature_mismatch"));
    }
}

/// But for `content-type`, which is nobody's promise: a receiver does not look at it.
fn refuses_changed_headers(receiver: &Receiver, sealed: &Sealed, now: UnixTime) {
    let headers: Vec<_> =
        sealed.headers.iter().map(|(name, value)| (*name, value.as_bytes().to_vec())).collect();
    for (position, (name, value)) in headers.iter().enumerate() {
        for changed in one_bit_changes(value).filter(|_| *name != "content-type") {
            let mut headers = headers.clone();
            headers[position].1 = changed;
            let refused = receiver.open(&headers, &sealed.body, now).expect_err("changed");
            assert_eq!(refused.status(), 401, "{name}: {refused}");
        }
    }
}

fn refuses_changed_envelope(sample: &Sample, envelope: Envelope) {
    let scheme = Scheme::standard();
    let ring = [Key::encoded(&sample.encoded.0, "whsec_")];
    let sealed = sample.seal(&sample.sender(scheme, Some(envelope), &ring));
    let receiver = sample.receiver(scheme, Some(envelope), &ring);
    let forger = sample.sender(scheme, None, &ring);
    for body in one_bit_changes(&sealed.body) {
        let message = Message { payload: &body, ..sample.message() };
        let forged = forger.seal(&message, sample.now, &mut fill(&[])).expect("signed");
        match code(receiver.open(&forged.headers, &forged.body, sample.now)) {
            Some("wrong_audience") => assert!(sample.audience.is_some()),
            refused => assert!(refused.is_some_and(|code| ENVELOPE_CODES.contains(&code))),
        }
    }
}

/// Every fact of a delivery, against what was sealed.
fn check(
    sample: &Sample,
    scheme: &Scheme,
    envelope: Option<Envelope>,
    wire: &[u8],
    got: &Delivery,
) {
    let sealed_id = scheme.signs_id() || envelope == Some(Envelope::Jwe);
    let timestamp = scheme.signs_timestamp().then(|| sample.now.seconds());
    let key_id = envelope.map(|_| postseal::key_id(&sample.encryption_key).expect("a key"));
    let content_type = sample.content_type.as_deref().filter(|_| envelope == Some(Envelope::Jwe));
    assert_eq!(got.payload(), sample.payload);
    assert_eq!(got.id(), sealed_id.then_some(sample.id.as_str()));
    assert_eq!(got.timestamp(), timestamp);
    assert_eq!(got.replay_protected(), timestamp.is_some());
    assert_eq!(got.encrypted(), envelope.is_some());
    assert_eq!(got.encryption_key_id(), key_id.as_deref());
    assert_eq!(got.content_type(), content_type);
    assert_eq!(got.secret_id(), got.matched_secret_ids()[0]);
    match got.replay_key_source() {
        ReplayKeySource::SignedId => assert_eq!(Some(&*got.replay_key()), got.id()),
        ReplayKeySource::PayloadHash => {
            assert!(!sealed_id);
            assert_eq!(got.replay_key(), format!("sha256:{}", sha256_hex(wire)));
        }
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    base16ct::lower::encode_string(&sha2::Sha256::digest(bytes))
}

/// The names of the keys that signed: all of the ring, or the primary where a header holds one.
fn matched(scheme: &Scheme, ring: &[Key]) -> Vec<String> {
    let several = matches!(scheme.name(), "standard" | "stripe");
    let shared = ring.iter().filter(|key| matches!(key, Key::Shared { .. })).count();
    let secrets = (1..=shared).map(|position| format!("secret-{position}"));
    let public_keys = (1..=ring.len() - shared).map(|position| format!("public-key-{position}"));
    secrets.chain(public_keys).take(if several { ring.len() } else { 1 }).collect()
}

fn one_bit_changes(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}
