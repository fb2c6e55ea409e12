//! Project Wycheproof's vectors through our primitives, and what we refuse beyond them.
//!
//! A vector is outside our policy where its key, nonce, tag or signature has a length that the
//! primitives' types cannot take. Each such class stands below with its count, so that a new
//! version of the vectors, or a change of ours, cannot pass unseen.
#![allow(clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../src/primitives/aead.rs"]
mod aead;
#[allow(dead_code)]
#[path = "../src/primitives/ed25519.rs"]
mod ed25519;
#[allow(dead_code)]
#[path = "../src/primitives/mac.rs"]
mod mac;

use std::collections::BTreeMap;
use wycheproof::TestResult;

/// How a vector ended: one of the classes whose counts are stated.
type Class = &'static str;

const ACCEPTED: Class = "valid, and accepted";
const REFUSED: Class = "invalid, and refused";

/// Counts of vectors by class.
#[derive(Default)]
struct Tally(BTreeMap<Class, usize>);

impl Tally {
    /// Counts a vector within our policy: it must be accepted exactly if it is valid.
    fn judge(&mut self, test: &str, result: TestResult, accepted: bool) {
        let class = match (result, accepted) {
            (TestResult::Valid, true) => ACCEPTED,
            (TestResult::Invalid, false) => REFUSED,
            (TestResult::Valid, false) => panic!("{test}: valid, but refused"),
            (TestResult::Invalid, true) => panic!("{test}: invalid, but accepted"),
            (TestResult::Acceptable, _) => {
                panic!("{test}: acceptable: our policy must name its class")
            }
        };
        self.count(class);
    }

    fn count(&mut self, class: Class) {
        *self.0.entry(class).or_default() += 1;
    }

    fn check(self, total: usize, classes: &[(Class, usize)]) {
        assert_eq!(self.0, classes.iter().copied().collect());
        assert_eq!(self.0.values().sum::<usize>(), total, "a vector was not counted");
    }
}

/// Our policy: keys of 256 bits, because one size leaves nothing to negotiate; nonces of 96 bits,
/// the only length that GCM takes as it is, without a hash that can collide; tags of 128 bits.
#[test]
fn aes_256_gcm() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).expect("vectors");
    let mut tally = Tally::default();
    for group in set.test_groups {
        for test in group.tests {
            let name = format!("aes_gcm {}", test.tc_id);
            match (test.key.as_slice().try_into(), test.nonce.as_slice().try_into()) {
                (Err(_), _) => tally.count("key is not of 256 bits"),
                (Ok(_), Err(_)) if test.nonce.is_empty() => tally.count("nonce is empty"),
                (Ok(_), Err(_)) => tally.count("nonce is not of 96 bits"),
                (Ok(key), Ok(nonce)) => {
                    let key = aead::AeadKey::new(key);
                    let accepted = opens(&key, nonce, &test);
                    if accepted {
                        assert!(seals(&key, nonce, &test), "{name}: sealed to other bytes");
                    }
                    tally.judge(&name, test.result, accepted);
                }
            }
        }
    }
    tally.check(
        set.number_of_tests,
        &[
            (ACCEPTED, 39),
            (REFUSED, 27),
            ("key is not of 256 bits", 211),
            ("nonce is empty", 2),
            ("nonce is not of 96 bits", 37),
        ],
    );
}

/// Whether the vector opens, to its own message; a refused one must leave the ciphertext as it was.
fn opens(key: &aead::AeadKey, nonce: &[u8; 12], test: &wycheproof::aead::Test) -> bool {
    let tag = test.tag.as_slice().try_into().expect("the set has tags of 128 bits only");
    let mut message = test.ct.to_vec();
    let opened = key.open(nonce, &test.aad, &mut message, tag).is_some();
    let expected = if opened { &test.pt } else { &test.ct };
    assert_eq!(message.as_slice(), expected.as_slice(), "aes_gcm {}", test.tc_id);
    opened
}

fn seals(key: &aead::AeadKey, nonce: &[u8; 12], test: &wycheproof::aead::Test) -> bool {
    let mut ciphertext = test.pt.to_vec();
    let tag = key.seal(nonce, &test.aad, &mut ciphertext);
    ciphertext == *test.ct && tag.is_some_and(|tag| tag.as_slice() == test.tag.as_slice())
}

/// Our policy: whole MACs of 256 bits, because no scheme of the table truncates one. Keys of any
/// length: the bounds of a secret are checked where it is read.
#[test]
fn hmac_sha256() {
    let name = wycheproof::mac::TestName::HmacSha256;
    let set = wycheproof::mac::TestSet::load(name).expect("vectors");
    let mut tally = Tally::default();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let Ok(received) = test.tag.as_slice().try_into() else {
            tally.count("MAC is cut to 128 bits");
            continue;
        };
        let mut running = mac::MacKey::new(&test.key).expect("a key of any length").start();
        let (first, second) = test.msg.split_at(test.msg.len() / 2);
        running.update(first);
        running.update(second);
        let accepted = running.finish().matches(received).into();
        tally.judge(&format!("hmac_sha256 {}", test.tc_id), test.result, accepted);
    }
    tally.check(
        set.number_of_tests,
        &[(ACCEPTED, 33), (REFUSED, 54), ("MAC is cut to 128 bits", 87)],
    );
}

/// Our policy: strict verification. It refuses none of the valid vectors; what it refuses beyond
/// Wycheproof stands in the next two tests.
#[test]
fn ed25519_strict() {
    let name = wycheproof::eddsa::TestName::Ed25519;
    let set = wycheproof::eddsa::TestSet::load(name).expect("vectors");
    let mut tally = Tally::default();
    for group in set.test_groups {
        let key = group.key.pk.as_slice().try_into().expect("32 bytes");
        let key = ed25519::PublicKey::new(key).expect("the set has sound keys only");
        for test in group.tests {
            match test.sig.as_slice().try_into() {
                Ok(signature) => {
                    let accepted = key.verifies(&test.msg, signature);
                    tally.judge(&format!("ed25519 {}", test.tc_id), test.result, accepted);
                }
                Err(_) if test.result == TestResult::Invalid => {
                    tally.count("invalid, and not of 64 bytes");
                }
                Err(_) => panic!("ed25519 {}: valid, but not of 64 bytes", test.tc_id),
            }
        }
    }
    tally.check(
        set.number_of_tests,
        &[(ACCEPTED, 88), (REFUSED, 51), ("invalid, and not of 64 bytes", 12)],
    );
}

/// The points whose order divides 8, in every encoding: under such a key, one signature fits many
/// messages. RFC 8032 allows the first eight as keys; the last six are not canonical.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn ed25519_refuses_keys_of_small_order() {
    for key in SMALL_ORDER {
        assert!(ed25519::PublicKey::new(&hex(key)).is_none(), "{key}");
    }
}

/// The key of the seed 00 01 … 1f.
const KEY: &str = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
/// Its signature with the neutral point as R: the equation of RFC 8032 holds, the strict rules
/// refuse it.
const SMALL_ORDER_R: [&str; 2] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "bf7020ef708decf202d302034b081cb5310839009c7ac0195c1c50f2f77cc40b",
];
/// The same key plus a point of order 8, and a signature for which the equation holds: strict
/// verification takes it. It names one signer and one message, so nothing is lost.
const MIXED_ORDER_KEY: &str = "3cab429de7751d7c22e78010173ce0a1d89120f7c4b300ee362a3007a938bbbf";
const MIXED_ORDER: [&str; 2] = [
    "e3b2525aff1220eddc4cf1bc81eb2214ceadd44db1bb96920a0b7d6efceedf0f",
    "b5090c83b3449cb96d4efc5c2da30d635f9deae0124860952e4b1f2b4fc60c03",
];

#[test]
fn ed25519_refuses_an_r_of_small_order_and_takes_a_key_of_mixed_order() {
    let verifies = |key, message: &[u8], [r, s]: [&str; 2]| {
        let signature: [u8; 64] = [hex(r), hex(s)].concat().try_into().expect("64 bytes");
        ed25519::PublicKey::new(&hex(key)).expect("a sound key").verifies(message, &signature)
    };
    assert!(!verifies(KEY, b"postseal: R of small order", SMALL_ORDER_R));
    assert!(verifies(MIXED_ORDER_KEY, b"postseal: key of mixed order 1", MIXED_ORDER));
}

fn hex(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    base16ct::lower::decode(text, &mut bytes).expect("lower-case hex of 32 bytes");
    bytes
}
