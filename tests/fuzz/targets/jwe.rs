//! The envelope `jwe`, behind a right signature: tokens as they come, and protected headers that
//! are encrypted rightly.
#![no_main]

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use postseal_fuzz::keys::{NONCE, encrypt};
use postseal_fuzz::oracle::agree;
use postseal_fuzz::request::{Options, Request};
use postseal_fuzz::seeds;

fuzz_target!(
    init: seeds::write(seeds::tokens),
    |bytes: &[u8]| {
        let Some(([scheme, choices, kind], rest)) = bytes.split_first_chunk() else { return };
        let mut options = Options::read(*scheme, *choices);
        if options.envelope() != "jwe" {
            options.envelope = Some("jwe");
        }
        match kind % 2 {
            0 => {
                let _ = agree(&Request::around(options, "evt_1", rest.to_vec()));
            }
            _ => check_sealed(options, rest),
        }
    }
);

/// What stands before the first zero is the protected header, what stands behind it the payload.
fn check_sealed(options: Options, bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (header, payload) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let associated = BASE64_URL_SAFE_NO_PAD.encode(header);
    let mut ciphertext = encrypt(associated.as_bytes(), payload);
    let tag = ciphertext.split_off(payload.len());
    let [nonce, ciphertext, tag] =
        [NONCE.as_slice(), &ciphertext, &tag].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let token = format!("{associated}..{nonce}.{ciphertext}.{tag}");
    let opened = agree(&Request::around(options, "evt_1", token.into_bytes()));
    if let Ok(facts) = opened
        && facts.encryption_key_id.is_some()
    {
        assert_eq!(facts.payload, payload);
    }
}
