//! The signature header: its three layouts, each with one spelling.

use alloc::vec::Vec;

use super::{Layout, MacEncoding, Scheme};
use crate::error::{Code, Error};
use crate::limits::SIGNATURES_MAX;
use crate::primitives::codec::{decode_base64_exact, decode_hex_exact};
use crate::primitives::ed25519::SIGNATURE_BYTES;
use crate::primitives::mac::MAC_BYTES;

/// The signatures of one request, decoded: at most eight together.
#[derive(Default)]
pub(crate) struct Signatures {
    pub(crate) macs: Vec<[u8; MAC_BYTES]>,
    pub(crate) ed25519: Vec<[u8; SIGNATURE_BYTES]>,
}

/// Reads the values of a scheme's signature header.
pub(super) fn parse<'a>(
    scheme: &Scheme,
    values: impl Iterator<Item = &'a [u8]>,
) -> Result<Signatures, Error> {
    let encoding = scheme.encoding;
    match scheme.layout {
        Layout::Entries { mac, ed25519 } => parse_entries(values, encoding, mac, ed25519),
        Layout::Single { prefix } => parse_single(values, encoding, prefix),
        Layout::Pairs { timestamp, mac } => parse_pairs(values, encoding, timestamp, mac),
    }
}

/// The refusal of a header that is not in its grammar.
pub(super) fn malformed() -> Error {
    Error::new(Code::MalformedSignature, "the signature header is not in the scheme's grammar")
}

/// The items of `name=value,…`, each without white space around it; `None` for one without `=`.
pub(super) fn pairs(value: &[u8]) -> impl Iterator<Item = Option<(&[u8], &[u8])>> {
    value.split(|byte| *byte == b',').map(|item| split_once(item.trim_ascii(), b'='))
}

/// SPEC: entries are separated by any run of space, tab and comma; a version ends at its first
/// comma, a value at the next separator. Unknown versions are skipped, so that a sender can add
/// one.
fn parse_entries<'a>(
    values: impl Iterator<Item = &'a [u8]>,
    encoding: MacEncoding,
    mac: &str,
    ed25519: &str,
) -> Result<Signatures, Error> {
    let mut signatures = Signatures::default();
    let mut count = 0;
    for mut rest in values {
        refuse_unprintable(rest)?;
        while let Some(Entry { version, value, after }) = next_entry(rest)? {
            count += 1;
            if count > SIGNATURES_MAX {
                return Err(malformed());
            }
            if version == mac.as_bytes() {
                signatures.macs.push(decode_mac(encoding, value)?);
            } else if version == ed25519.as_bytes() {
                let decoded = decode_base64_exact(value).ok_or_else(malformed)?;
                signatures.ed25519.push(decoded);
            }
            rest = after;
        }
    }
    if count == 0 { Err(malformed()) } else { Ok(signatures) }
}

/// One entry, and the text that comes after it.
struct Entry<'a> {
    version: &'a [u8],
    value: &'a [u8],
    after: &'a [u8],
}

/// The next entry; `None` at the end of the text.
fn next_entry(text: &[u8]) -> Result<Option<Entry<'_>>, Error> {
    let Some(start) = text.iter().position(|byte| !is_separator(byte)) else {
        return Ok(None);
    };
    let entry = text.get(start..).unwrap_or_default();
    let (version, rest) = split_once(entry, b',').ok_or_else(malformed)?;
    if version.iter().any(is_separator) {
        return Err(malformed());
    }
    let end = rest.iter().position(is_separator).unwrap_or(rest.len());
    let (value, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
    Ok(Some(Entry { version, value, after }))
}

fn parse_single<'a>(
    mut values: impl Iterator<Item = &'a [u8]>,
    encoding: MacEncoding,
    prefix: &str,
) -> Result<Signatures, Error> {
    let value = values.next().ok_or_else(malformed)?;
    let encoded = value.strip_prefix(prefix.as_bytes()).ok_or_else(malformed)?;
    let macs = Vec::from([decode_mac(encoding, encoded)?]);
    Ok(Signatures { macs, ed25519: Vec::new() })
}

fn parse_pairs<'a>(
    values: impl Iterator<Item = &'a [u8]>,
    encoding: MacEncoding,
    timestamp: &str,
    mac: &str,
) -> Result<Signatures, Error> {
    let mut signatures = Signatures::default();
    let mut count = 0;
    for value in values {
        refuse_unprintable(value)?;
        for pair in pairs(value) {
            let (name, value) = pair.ok_or_else(malformed)?;
            count += usize::from(name != timestamp.as_bytes());
            if count > SIGNATURES_MAX {
                return Err(malformed());
            }
            if name == mac.as_bytes() {
                signatures.macs.push(decode_mac(encoding, value)?);
            }
        }
    }
    Ok(signatures)
}

fn decode_mac(encoding: MacEncoding, text: &[u8]) -> Result<[u8; MAC_BYTES], Error> {
    match encoding {
        MacEncoding::Base64 => decode_base64_exact(text),
        MacEncoding::Hex => decode_hex_exact(text),
    }
    .ok_or_else(malformed)
}

fn refuse_unprintable(value: &[u8]) -> Result<(), Error> {
    let printable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
    if value.iter().all(printable) { Ok(()) } else { Err(malformed()) }
}

fn is_separator(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b',')
}

fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let position = text.iter().position(|byte| *byte == separator)?;
    let (before, rest) = text.split_at_checked(position)?;
    Some((before, rest.get(1..)?))
}
