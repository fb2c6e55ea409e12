//! A second opinion: what `docs/formats.md` says of a request, read plainly.
//!
//! It shares no code with the core, nor the core's libraries: `ring` computes, `base64` decodes,
//! and the JSON reader is its own. It is slow, and simple where the core is careful.

mod envelope;
mod headers;
pub mod json;
mod signature;

use std::fmt::Write;

use ring::digest;

use crate::keys;
use crate::open::{Facts, Outcome, open};
use crate::request::Request;
use headers::Signed;

/// Opens a request with postseal, and fails unless the second opinion is the same.
pub fn agree(request: &Request) -> Outcome {
    let opened = open(request);
    assert_eq!(opened, judge(request), "postseal, then the second opinion, on {request:?}");
    opened
}

/// What must come of a request.
pub fn judge(request: &Request) -> Outcome {
    let signed = headers::read(request)?;
    let matched = signature::check(request, &signed)?;
    check_clock(signed.timestamp.as_ref())?;
    let opened = envelope::open(request, signed.id.as_deref())?;
    let Signed { id, timestamp, .. } = signed;
    let payload = match &opened {
        Some(opened) => opened.payload.clone(),
        None => request.body.clone(),
    };
    let id = id.or_else(|| opened.as_ref().and_then(|opened| opened.id.clone()));
    Ok(Facts {
        replay_key: id.clone().unwrap_or_else(|| format!("sha256:{}", sha256(&request.body))),
        id,
        timestamp: timestamp.map(|(_, seconds)| seconds),
        matched,
        encryption_key_id: opened.as_ref().map(|opened| opened.kid.clone()),
        content_type: opened.and_then(|opened| opened.content_type),
        payload,
    })
}

fn check_clock(timestamp: Option<&(Vec<u8>, u64)>) -> Result<(), &'static str> {
    let Some((_, seconds)) = timestamp else { return Ok(()) };
    let now = u64::try_from(keys::NOW).expect("a time");
    if *seconds > now + 300 {
        return Err("timestamp_too_new");
    }
    if seconds + 300 < now {
        return Err("timestamp_too_old");
    }
    Ok(())
}

fn sha256(body: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, body);
    hash.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}
