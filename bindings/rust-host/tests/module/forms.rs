//! The forms that a key can have in memory.

use base64ct::{Base64, Encoding};
use sha2::block_api::compress256;

/// The state of SHA-256 before its first block (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
const BLOCK_BYTES: usize = 64;

/// A form, and its name for whoever finds it.
pub(crate) type Form = (&'static str, Vec<u8>);

/// The forms of an HMAC secret, of its `whsec_` text.
pub(crate) fn of_secret(text: &str) -> Vec<Form> {
    let base64 = text.strip_prefix("whsec_").expect("a secret");
    let raw = Base64::decode_vec(base64).expect("base64");
    let (inner, outer) = (padded(&raw, 0x36), padded(&raw, 0x5c));
    vec![
        ("secret as base64", base64.as_bytes().to_vec()),
        ("midstate of the inner block", midstate(&inner)),
        ("midstate of the outer block", midstate(&outer)),
        ("raw secret", raw),
        ("ipad block", inner.to_vec()),
        ("opad block", outer.to_vec()),
    ]
}

/// The forms of an AES key that can be told without its cipher, of its `whenc_` text.
pub(crate) fn of_encryption_key(text: &str) -> Vec<Form> {
    let base64 = text.strip_prefix("whenc_").expect("an encryption key");
    let raw = Base64::decode_vec(base64).expect("base64");
    vec![("AES key as base64", base64.as_bytes().to_vec()), ("raw AES key", raw)]
}

/// What differs between two memories whose instances did the same with two keys, as far as one
/// stretch of it: the longest, with equal bytes in between where there are few.
///
/// The schedule of AES is found so: its cipher keeps it bitsliced, in words of its own order.
pub(crate) fn longest_difference(one: &[u8], other: &[u8]) -> Form {
    const GAP: usize = 8;
    let differing = (0..one.len().min(other.len())).filter(|at| one[*at] != other[*at]);
    let mut longest = 0..0;
    let mut stretch = 0..0;
    for at in differing {
        stretch = if at <= stretch.end + GAP { stretch.start..at + 1 } else { at..at + 1 };
        if stretch.len() > longest.len() {
            longest = stretch.clone();
        }
    }
    ("AES schedule", one[longest].to_vec())
}

fn padded(key: &[u8], pad: u8) -> [u8; BLOCK_BYTES] {
    let mut block = [pad; BLOCK_BYTES];
    block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    block
}

fn midstate(block: &[u8; BLOCK_BYTES]) -> Vec<u8> {
    let mut state = INITIAL;
    compress256(&mut state, &[*block]);
    state.iter().flat_map(|word| word.to_le_bytes()).collect()
}
