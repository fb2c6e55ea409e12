//! A claim as the text that a store keeps. Compact, versioned, with one spelling for each state:
//!
//! ```text
//! v1:pending:TOKEN:DIGEST:ATTEMPT:LEASE_END
//! v1:failed:TOKEN:DIGEST:ATTEMPT
//! v1:done:TOKEN:DIGEST
//! ```
//!
//! TOKEN is base64url of the 16 random bytes of the claim that wrote the text. DIGEST is base64url
//! of the payload's 16-byte digest, or `-`. ATTEMPT is 1 to 4294967295, LEASE_END is in Unix
//! seconds; both are plain digits without a leading zero.

use alloc::format;
use alloc::string::String;

use super::{LEASE_SECONDS_MAX, STATE_BYTES_MAX};
use crate::limits::{NOW_END, NOW_MIN};
use crate::primitives::codec::decode_base64url_exact;

/// Bytes of a token and of a digest: 128 bits meet by chance nowhere.
pub(super) const TOKEN_BYTES: usize = 16;
/// Digits of the largest number in a text, a lease's end in the year 5138.
const NUMBER_DIGITS_MAX: usize = 12;
/// What stands for a digest that there is not.
const NO_DIGEST: &str = "-";

/// What a store's text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State<'a> {
    /// The claim that wrote the text, so that its holder knows its own.
    pub(super) token: &'a str,
    pub(super) digest: Option<&'a str>,
    pub(super) phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Someone works on it until the lease ends, exclusive, in Unix seconds.
    Pending { attempt: u32, lease_end: u64 },
    /// The last attempt has failed; the next may begin at once.
    Failed { attempt: u32 },
    /// It is done.
    Done,
}

impl<'a> State<'a> {
    /// Reads a text. `None` for anything that [`State::text`] does not write.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > STATE_BYTES_MAX {
            return None;
        }
        let mut fields = text.split(':');
        if fields.next() != Some("v1") {
            return None;
        }
        let name = fields.next()?;
        let token = parse_sixteen_bytes(fields.next()?)?;
        let digest = match fields.next()? {
            NO_DIGEST => None,
            digest => Some(parse_sixteen_bytes(digest)?),
        };
        let phase = match name {
            "pending" => Phase::Pending {
                attempt: parse_attempt(fields.next()?)?,
                lease_end: parse_lease_end(fields.next()?)?,
            },
            "failed" => Phase::Failed { attempt: parse_attempt(fields.next()?)? },
            "done" => Phase::Done,
            _ => return None,
        };
        fields.next().is_none().then_some(State { token, digest, phase })
    }

    /// Writes the text.
    pub(super) fn text(&self) -> String {
        let token = self.token;
        let digest = self.digest.unwrap_or(NO_DIGEST);
        match self.phase {
            Phase::Pending { attempt, lease_end } => {
                format!("v1:pending:{token}:{digest}:{attempt}:{lease_end}")
            }
            Phase::Failed { attempt } => format!("v1:failed:{token}:{digest}:{attempt}"),
            Phase::Done => format!("v1:done:{token}:{digest}"),
        }
    }
}

fn parse_sixteen_bytes(text: &str) -> Option<&str> {
    decode_base64url_exact::<TOKEN_BYTES>(text).map(|_| text)
}

fn parse_attempt(text: &str) -> Option<u32> {
    u32::try_from(parse_number(text)?).ok()
}

/// A lease's end is what [`crate::UnixTime`] and a lease add up to: one in milliseconds would hold
/// a delivery back for ever.
fn parse_lease_end(text: &str) -> Option<u64> {
    let lease_end = parse_number(text)?;
    let seconds = i64::try_from(lease_end).ok()?;
    (NOW_MIN < seconds && seconds < NOW_END + i64::from(LEASE_SECONDS_MAX)).then_some(lease_end)
}

/// Digits without a leading zero; zero itself has no place in a state.
fn parse_number(text: &str) -> Option<u64> {
    let digits = text.as_bytes();
    let canonical = digits.len() <= NUMBER_DIGITS_MAX
        && digits.iter().all(u8::is_ascii_digit)
        && digits.first().is_some_and(|first| *first != b'0');
    canonical.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}
