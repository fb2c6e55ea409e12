//! The second opinion on headers: what is missing, then doubled, then malformed.

use super::signature::{self, Signatures};
use crate::request::Request;

/// What the headers say.
pub struct Signed {
    pub id: Option<String>,
    /// As it stands, and as a number.
    pub timestamp: Option<(Vec<u8>, u64)>,
    pub signatures: Signatures,
}

/// Reads a request's headers.
pub fn read(request: &Request) -> Result<Signed, &'static str> {
    match request.options.scheme {
        "standard" => standard(request),
        "x-webhook" => single(request, Some("x-webhook-timestamp"), "x-webhook-signature", ""),
        "slack" => single(request, Some("x-slack-request-timestamp"), "x-slack-signature", "v0="),
        "github" => single(request, None, "x-hub-signature-256", "sha256="),
        "shopify" => single(request, None, "x-shopify-hmac-sha256", ""),
        _ => stripe(request),
    }
}

fn standard(request: &Request) -> Result<Signed, &'static str> {
    let family = |vendor: &str| ["id", "timestamp", "signature"].map(|of| format!("{vendor}-{of}"));
    let families = [family("webhook"), family("svix")];
    let is_there = |name: &String| request.values(name).next().is_some();
    let chosen = families.iter().find(|names| names.iter().all(is_there));
    let chosen = chosen.ok_or("missing_header")?;
    let id = only(request, &chosen[0])?;
    let timestamp = only(request, &chosen[1])?;
    for (name, mine) in families.iter().flatten().zip(chosen.iter().cycle()) {
        let differs = match name.ends_with("signature") {
            true => pieces(request, name) != pieces(request, mine),
            false => !request.values(name).eq(request.values(mine)),
        };
        if is_there(name) && differs {
            return Err("duplicate_header");
        }
    }
    Ok(Signed {
        id: Some(message_id(&id).ok_or("malformed_header")?),
        timestamp: Some(number(timestamp)?),
        signatures: signature::entries(request.values(&chosen[2]))?,
    })
}

fn single(
    request: &Request,
    timestamp: Option<&str>,
    name: &str,
    prefix: &str,
) -> Result<Signed, &'static str> {
    let names = || timestamp.into_iter().chain([name]);
    if names().any(|name| request.values(name).next().is_none()) {
        return Err("missing_header");
    }
    let timestamp = timestamp.map(|name| only(request, name)).transpose()?;
    let value = only(request, name)?;
    let timestamp = timestamp.map(number).transpose()?;
    let text = value.strip_prefix(prefix.as_bytes()).ok_or("malformed_signature")?;
    let mac = match request.options.scheme {
        "shopify" => signature::base64(text),
        _ => signature::hex(text),
    };
    let macs = vec![mac.ok_or("malformed_signature")?];
    Ok(Signed { id: None, timestamp, signatures: Signatures { macs, ed25519: Vec::new() } })
}

fn stripe(request: &Request) -> Result<Signed, &'static str> {
    let values: Vec<_> = request.values("stripe-signature").collect();
    let value = *values.first().ok_or("missing_header")?;
    let items = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let pairs: Vec<_> = items.map(|item| signature::halves(item, b'=')).collect();
    let mut times = pairs.iter().flatten().filter(|(name, _)| *name == b"t");
    let (time, second) = (times.next(), times.next());
    if values.len() > 1 || second.is_some() {
        return Err("duplicate_header");
    }
    let (_, time) = time.ok_or("malformed_signature")?;
    let timestamp = Some(number(time.to_vec())?);
    let signatures = signature::pairs(value, &pairs)?;
    Ok(Signed { id: None, timestamp, signatures })
}

/// The one value of a header that is there, without a comma.
fn only(request: &Request, name: &str) -> Result<Vec<u8>, &'static str> {
    let values: Vec<_> = request.values(name).collect();
    match values.as_slice() {
        [value] if !value.contains(&b',') => Ok(value.to_vec()),
        _ => Err("duplicate_header"),
    }
}

fn pieces<'a>(request: &'a Request, name: &'a str) -> Vec<&'a [u8]> {
    let pieces = request.values(name).flat_map(|value| value.split(signature::is_separator));
    pieces.filter(|piece| !piece.is_empty()).collect()
}

/// A message id: 1 to 256 bytes of 0x21 to 0x7E but `.` and `,`.
pub fn message_id(bytes: &[u8]) -> Option<String> {
    let plain = bytes.iter().all(|byte| (0x21..=0x7e).contains(byte) && !b".,".contains(byte));
    let text = String::from_utf8(bytes.to_vec()).ok()?;
    (plain && (1..=256).contains(&bytes.len())).then_some(text)
}

fn number(text: Vec<u8>) -> Result<(Vec<u8>, u64), &'static str> {
    let digits = (1..=11).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    if !digits || (text.len() > 1 && text[0] == b'0') {
        return Err("malformed_timestamp");
    }
    let number = String::from_utf8_lossy(&text).parse().expect("digits");
    Ok((text, number))
}
