//! Headers: which of them a scheme reads, and the one reading that each may have.
//!
//! Order of the checks: all that are missing, then all that stand twice, then all that are
//! malformed, so that the code says the first thing to mend. A request's headers can reach a host
//! in several shapes (two values, or one joined with a comma); each shape gives the same code.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::signature::{self, Signatures};
use super::{HeaderFamily, Layout, Scheme};
use crate::error::{Code, Error};
use crate::limits::ID_BYTES_MAX;
use crate::time::parse_timestamp;

/// A request's headers as name and value, in the order in which they came.
#[derive(Clone)]
pub(crate) struct Headers<'a>(Vec<(&'a str, &'a [u8])>);

impl<'a> Headers<'a> {
    /// Borrows a host's pairs.
    pub(crate) fn new<N: AsRef<str>, V: AsRef<[u8]>>(pairs: &'a [(N, V)]) -> Self {
        Headers(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect())
    }

    /// All values of a header, without the white space that HTTP allows around them (RFC 9110,
    /// 5.5).
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.0
            .iter()
            .filter(move |(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| without_white_space(value))
    }

    /// The pieces of all values of a header: the same however a host joins the values.
    fn pieces(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let separator = |byte: &u8| matches!(byte, b' ' | b'\t' | b',');
        let pieces = self.values(name).flat_map(move |value| value.split(separator));
        pieces.filter(|piece| !piece.is_empty())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
    }

    /// The first value of a header that must not stand twice.
    fn only(&self, name: &str) -> Result<&'a [u8], Error> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (Some(value), None) if !value.contains(&b',') => Ok(value),
            (Some(_), _) => Err(duplicate(name)),
            (None, _) => Err(missing(name)),
        }
    }
}

/// What a scheme's headers say, each of them well formed, none of them believed yet.
pub(crate) struct SignedHeaders<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) timestamp: Option<Timestamp<'a>>,
    pub(crate) signatures: Signatures,
}

/// A timestamp as it is signed, and as it is compared.
#[derive(Clone, Copy)]
pub(crate) struct Timestamp<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) seconds: u64,
}

impl<'a> SignedHeaders<'a> {
    /// Reads the headers of a scheme.
    pub(crate) fn read(scheme: &Scheme, headers: &Headers<'a>) -> Result<Self, Error> {
        let family = present_family(scheme, headers)?;
        let id = family.id.map(|name| headers.only(name)).transpose()?;
        let timestamp = family.timestamp.map(|name| headers.only(name)).transpose()?;
        let paired = match scheme.layout {
            Layout::Entries { .. } => None,
            Layout::Single { .. } => headers.only(family.signature).map(|_| None)?,
            Layout::Pairs { timestamp, .. } => single_pair(headers, family, timestamp)?,
        };
        refuse_unequal_families(scheme, family, headers)?;
        let id = id.map(parse_id).transpose()?;
        let timestamp = timestamp.or(paired).map(Timestamp::parse).transpose()?;
        let values = headers.values(family.signature);
        let signatures = signature::parse(scheme, values)?;
        Ok(SignedHeaders { id, timestamp, signatures })
    }
}

impl<'a> Timestamp<'a> {
    fn parse(text: &'a [u8]) -> Result<Self, Error> {
        Ok(Timestamp { text, seconds: parse_timestamp(text)? })
    }
}

/// Reads a received message id: 1 to 256 visible ASCII characters but `.` and `,`.
///
/// A `.` in an id would move the boundary between id and timestamp in the signed bytes.
pub(crate) fn parse_id(bytes: &[u8]) -> Result<&str, Error> {
    let plain = bytes.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'.' | b','));
    let bounded = (1..=ID_BYTES_MAX).contains(&bytes.len());
    core::str::from_utf8(bytes).ok().filter(|_| plain && bounded).ok_or_else(|| {
        Error::new(
            Code::MalformedHeader,
            "the message id must be 1 to 256 visible ASCII characters without `.` and `,`",
        )
    })
}

/// The first family whose headers are all there.
fn present_family<'s>(
    scheme: &'s Scheme,
    headers: &Headers<'_>,
) -> Result<&'s HeaderFamily, Error> {
    scheme
        .families
        .iter()
        .find(|family| family.names().all(|name| headers.has(name)))
        .ok_or_else(|| missing_family(scheme, headers))
}

/// Refuses a second family that says something else: a proxy may have added it, or an attacker.
fn refuse_unequal_families(
    scheme: &Scheme,
    chosen: &HeaderFamily,
    headers: &Headers<'_>,
) -> Result<(), Error> {
    for family in scheme.families {
        for (other, mine) in family.names().zip(chosen.names()) {
            if other == mine || !headers.has(other) {
                continue;
            }
            let equal = match other == family.signature {
                true => headers.pieces(other).eq(headers.pieces(mine)),
                false => headers.values(other).eq(headers.values(mine)),
            };
            if !equal {
                return Err(duplicate(other));
            }
        }
    }
    Ok(())
}

/// The value of an item that may stand once in a signature header of named items.
fn single_pair<'a>(
    headers: &Headers<'a>,
    family: &HeaderFamily,
    item: &str,
) -> Result<Option<&'a [u8]>, Error> {
    let mut values = headers.values(family.signature);
    let (value, second) = (values.next(), values.next());
    let mut found = value.into_iter().flat_map(signature::pairs).filter_map(|pair| match pair {
        Some((name, value)) if name == item.as_bytes() => Some(value),
        _ => None,
    });
    let (first, again) = (found.next(), found.next());
    if second.is_some() || again.is_some() {
        return Err(duplicate(family.signature));
    }
    match first {
        Some(value) => Ok(Some(value)),
        None => Err(signature::malformed()),
    }
}

fn missing_family(scheme: &Scheme, headers: &Headers<'_>) -> Error {
    let wanted = scheme.families.iter().take(1).flat_map(HeaderFamily::names);
    let absent: Vec<_> = wanted.filter(|name| !headers.has(name)).collect();
    let seen: Vec<_> = Scheme::ALL
        .iter()
        .filter(|other| *other != scheme)
        .filter(|other| other.families.iter().any(|family| headers.has(family.signature)))
        .map(|other| format!("{}'s (scheme `{}`)", other.provider, other.name))
        .collect();
    let hint = match seen.is_empty() {
        true => String::new(),
        false => format!("; it carries {}", seen.join(" and ")),
    };
    Error::new(Code::MissingHeader, format!("the request has no {}{hint}", absent.join(", no ")))
}

fn missing(name: &str) -> Error {
    Error::new(Code::MissingHeader, format!("the request has no {name}"))
}

fn duplicate(name: &str) -> Error {
    Error::new(
        Code::DuplicateHeader,
        format!("{name} must stand once, with one value: a proxy or the sender doubled it"),
    )
}

/// A value without the spaces and tabs around it.
pub(crate) fn without_white_space(value: &[u8]) -> &[u8] {
    let is_white = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !is_white(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_white(byte)).map_or(start, |last| last + 1);
    value.get(start..end).unwrap_or_default()
}
