//! The retry policy's export.

use postseal::policy::retry::{Attempt, Next, next_attempt as decide};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::host::{Refusal, entropy, instant, whole};

/// What follows an attempt: `retry NUL milliseconds`, or how the sending has ended.
#[wasm_bindgen(js_name = nextAttempt)]
pub fn next_attempt(
    attempt: f64,
    status: Option<f64>,
    retry_after: Option<String>,
    max_attempts: Option<f64>,
) -> Result<String, Refusal> {
    let attempt = Attempt {
        attempt: whole("attempt", attempt)?,
        status: status.map(|status| whole("status", status)).transpose()?,
        retry_after: retry_after.as_deref(),
        max_attempts: max_attempts.map(|max| whole("maxAttempts", max)).transpose()?,
    };
    let mut random = [0; 4];
    entropy(&mut random)?;
    Ok(match decide(&attempt, instant(None)?, u32::from_le_bytes(random))? {
        Next::Retry { delay_ms } => format!("retry\0{delay_ms}"),
        Next::Stop(outcome) => outcome.as_str().to_owned(),
    })
}
