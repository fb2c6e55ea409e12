//! Signed requests in a file, each with an id of its own: the load only copies them.
//!
//! Its lines: the timestamp, the body, and for each request an id of 20 characters, a space and the
//! signature. All have the same timestamp and body, and so every request the same length.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;

use crate::Failure;
use crate::verifier::keyed;

const BODY_BYTES: usize = 1024;

/// Writes `count` requests that are signed now. Files of different runs have no id in common.
pub(crate) fn write(path: &str, count: u32, run: u32) -> Result<(), Failure> {
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let text = "x".repeat(BODY_BYTES - r#"{"text":""}"#.len());
    let body = format!(r#"{{"text":"{text}"}}"#);
    let keyed = keyed()?;
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{timestamp}\n{body}")?;
    for number in 0..count {
        let id = format!("evt_{run:07}_{number:08}");
        let mut mac = keyed.clone();
        for part in [&id, ".", &timestamp.to_string(), ".", &body] {
            mac.update(part.as_bytes());
        }
        writeln!(file, "{id} v1,{}", STANDARD.encode(mac.finalize().into_bytes()))?;
    }
    Ok(file.flush()?)
}
