//! The second opinion on signatures: their grammars, and who made them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use ring::signature::{ED25519, KeyPair, UnparsedPublicKey};

use super::headers::Signed;
use crate::keys;
use crate::request::Request;

/// The signatures of a request, decoded.
pub struct Signatures {
    pub macs: Vec<Vec<u8>>,
    pub ed25519: Vec<Vec<u8>>,
}

/// The names of the keys that made a signature of this request.
pub fn check(request: &Request, signed: &Signed) -> Result<Vec<String>, &'static str> {
    let Signatures { macs, ed25519 } = &signed.signatures;
    let options = &request.options;
    if macs.is_empty() && (ed25519.is_empty() || !options.public_key) {
        return Err("no_supported_signature");
    }
    let id = signed.id.clone().unwrap_or_default();
    let timestamp = signed.timestamp.clone().unwrap_or_default().0;
    let bytes = request.signed_bytes(id.as_bytes(), &timestamp);
    let mut matched = Vec::new();
    for index in 0..options.secrets {
        let key = keys::mac_key(options.scheme, index);
        if macs.iter().any(|mac| hmac::verify(&key, &bytes, mac).is_ok()) {
            matched.push(format!("secret-{}", index + 1));
        }
    }
    let pair = keys::key_pair();
    let key = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
    if options.public_key && ed25519.iter().any(|signature| key.verify(&bytes, signature).is_ok()) {
        matched.push("public-key-1".to_owned());
    }
    if matched.is_empty() { Err("signature_mismatch") } else { Ok(matched) }
}

/// `v1,… v1a,…`, by the grammar: a version up to its first comma, a value up to a separator.
pub fn entries<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Signatures, &'static str> {
    let mut signatures = Signatures { macs: Vec::new(), ed25519: Vec::new() };
    let mut count = 0;
    for value in values {
        printable(value)?;
        let mut at = 0;
        loop {
            while value.get(at).is_some_and(is_separator) {
                at += 1;
            }
            if at == value.len() {
                break;
            }
            let end_of = |from: usize| {
                (from..value.len()).find(|&at| is_separator(&value[at])).unwrap_or(value.len())
            };
            let comma = end_of(at);
            if value.get(comma) != Some(&b',') {
                return Err("malformed_signature");
            }
            let end = end_of(comma + 1);
            count += 1;
            if count > 8 {
                return Err("malformed_signature");
            }
            let text = &value[comma + 1..end];
            match &value[at..comma] {
                b"v1" => signatures.macs.push(base64(text).ok_or("malformed_signature")?),
                b"v1a" => {
                    let decoded = decode(text).filter(|bytes| bytes.len() == 64);
                    signatures.ed25519.push(decoded.ok_or("malformed_signature")?);
                }
                _ => {}
            }
            at = end;
        }
    }
    if count == 0 { Err("malformed_signature") } else { Ok(signatures) }
}

/// `t=…,v1=…`: every item must be a pair, and at most eight are not the time.
pub fn pairs(value: &[u8], pairs: &[Option<(&[u8], &[u8])>]) -> Result<Signatures, &'static str> {
    printable(value)?;
    let mut signatures = Signatures { macs: Vec::new(), ed25519: Vec::new() };
    if pairs.iter().filter(|pair| pair.is_some_and(|(name, _)| name != b"t")).count() > 8 {
        return Err("malformed_signature");
    }
    for pair in pairs {
        let (name, text) = pair.ok_or("malformed_signature")?;
        if name == b"v1" {
            signatures.macs.push(hex(text).ok_or("malformed_signature")?);
        }
    }
    Ok(signatures)
}

/// The two halves of a text around its first separator.
pub fn halves(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Canonical base64 of a MAC.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    decode(text).filter(|bytes| bytes.len() == 32)
}

/// Lower-case hexadecimal of a MAC.
pub fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| b"0123456789abcdef".iter().position(|digit| digit == byte);
    let digits: Vec<_> = text.iter().map(digit).collect::<Option<_>>()?;
    let byte = |pair: &[usize]| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte");
    (digits.len() == 64).then(|| digits.chunks(2).map(byte).collect())
}

/// Space, tab or comma.
pub fn is_separator(byte: &u8) -> bool {
    b" \t,".contains(byte)
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

fn printable(value: &[u8]) -> Result<(), &'static str> {
    let plain = |byte: &u8| (0x20..=0x7e).contains(byte) || *byte == b'\t';
    if value.iter().all(plain) { Ok(()) } else { Err("malformed_signature") }
}
