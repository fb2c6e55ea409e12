//! The body of a request, read whole: bounded in size, in time, and by its client's share of
//! memory.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

use super::answer::Refusal;
use super::share::Share;

/// A body, and the share of memory that it takes.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) share: Share,
}

impl Body {
    /// Reads a whole body of at most `most` bytes.
    ///
    /// # Errors
    /// The declared or actual length is too long, reading takes too long, the connection breaks, or
    /// the client or the source holds too much memory.
    pub(super) async fn read(
        body: Incoming,
        most: usize,
        longest: Duration,
        share: Share,
    ) -> Result<Body, Refusal> {
        if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
            return Err(Refusal::TooLarge);
        }
        match timeout(longest, collect(body, most, share)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Refusal::BodyTimedOut),
        }
    }
}

/// Reserves memory as bytes arrive, so a large `Content-Length` alone reserves nothing.
async fn collect(mut body: Incoming, most: usize, mut share: Share) -> Result<Body, Refusal> {
    let declared = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    let longest = declared.unwrap_or(most).min(most);
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        // Trailers are ignored.
        let Ok(data) = frame.map_err(|_| Refusal::BodyBroke)?.into_data() else { continue };
        let length = bytes.len() + data.len();
        if length > most {
            return Err(Refusal::TooLarge);
        }
        if length > bytes.capacity() {
            let capacity = (bytes.capacity() * 2).min(longest).max(length);
            share.grow(capacity - bytes.capacity()).map_err(|_| Refusal::Busy)?;
            bytes.reserve_exact(capacity - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Body { bytes, share })
}
