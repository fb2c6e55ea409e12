//! The envelope `json`, behind a right signature: bodies as they come, and objects whose texts are
//! a payload encrypted rightly.
#![no_main]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use libfuzzer_sys::fuzz_target;
use postseal_fuzz::keys::{NONCE, encrypt, kid};
use postseal_fuzz::oracle::agree;
use postseal_fuzz::request::{Options, Request, replaced};
use postseal_fuzz::seeds;

fuzz_target!(
    init: seeds::write(seeds::objects),
    |bytes: &[u8]| {
        let Some(([scheme, choices, kind], rest)) = bytes.split_first_chunk() else { return };
        let mut options = Options::read(*scheme, *choices);
        if options.envelope() != "json" {
            options.envelope = Some("json");
        }
        // An audience goes with the other envelope alone.
        options.audience = false;
        let body = if kind & 1 == 0 { rest.to_vec() } else { filled(rest) };
        let mut request = Request::around(options, "evt_1", body);
        if kind & 2 == 2 {
            let nonce = BASE64_STANDARD.encode(NONCE).into_bytes();
            request.headers.push(("X-Encryption-Nonce".to_owned(), nonce));
        }
        let _ = agree(&request);
    }
);

/// What stands before the first zero is the object, in which `$E`, `$N` and `$K` are filled in;
/// what stands behind it is the payload.
fn filled(bytes: &[u8]) -> Vec<u8> {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (object, payload) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let object = replaced(object, b"$E", BASE64_STANDARD.encode(encrypt(&[], payload)).as_bytes());
    let object = replaced(&object, b"$N", BASE64_STANDARD.encode(NONCE).as_bytes());
    replaced(&object, b"$K", kid(0).as_bytes())
}
