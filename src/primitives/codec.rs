//! Base64 (RFC 4648, sections 4 and 5) and hexadecimal, in constant time for secrets' sake.
//!
//! What comes from the wire has one spelling: padded base64, unpadded base64url or lower-case hex,
//! with no bits left over. Only an operator's secret may come with or without its padding.

use alloc::string::String;
use alloc::vec::Vec;
use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

/// Writes padded base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Writes unpadded base64url.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Writes lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Reads canonical padded base64.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// Reads canonical padded base64 of exactly `N` bytes.
pub(crate) fn decode_base64_exact<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    exact(|bytes| Base64::decode(text, bytes).ok().map(<[u8]>::len))
}

/// Reads canonical unpadded base64url.
pub(crate) fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Reads canonical unpadded base64url of exactly `N` bytes.
pub(crate) fn decode_base64url_exact<const N: usize>(text: &str) -> Option<[u8; N]> {
    exact(|bytes| Base64UrlUnpadded::decode(text, bytes).ok().map(<[u8]>::len))
}

/// Reads lower-case hexadecimal of exactly `N` bytes.
pub(crate) fn decode_hex_exact<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    exact(|bytes| base16ct::lower::decode(text, bytes).ok().map(<[u8]>::len))
}

/// Reads a secret's base64: the padding may be left away, but if it is there it must be right.
pub(crate) fn decode_secret(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let decoded = if text.contains('=') {
        Base64::decode_vec(text)
    } else {
        Base64Unpadded::decode_vec(text)
    };
    decoded.ok().map(Zeroizing::new)
}

fn exact<const N: usize>(decode: impl FnOnce(&mut [u8]) -> Option<usize>) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (decode(&mut bytes)? == N).then_some(bytes)
}
