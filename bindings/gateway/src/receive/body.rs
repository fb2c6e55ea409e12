//! The body of a request, read whole: bounded for itself, in time, and together with all others.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::answer::Refusal;

/// What strangers can make us hold before a signature is looked at, and what waits for the store.
const ALL_BYTES_MAX: usize = 256 << 20;

/// Reads bodies.
pub(crate) struct Bodies {
    free_bytes: Arc<Semaphore>,
    timeout: Duration,
}

/// A body, which counts among all until it is dropped.
pub(super) struct Body {
    pub(super) bytes: Bytes,
    _held: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    pub(crate) fn new(timeout: Duration) -> Self {
        Bodies { free_bytes: Arc::new(Semaphore::new(ALL_BYTES_MAX)), timeout }
    }

    /// Reads a whole body, unless it says or turns out that it is too long, takes too long, or
    /// there are too many others.
    pub(super) async fn read(&self, most: usize, body: Incoming) -> Result<Body, Refusal> {
        if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
            return Err(Refusal::TooLarge);
        }
        match timeout(self.timeout, self.collect(most, body)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Refusal::BodyTimedOut),
        }
    }

    /// Takes of what is free as the bytes come: who announces much and sends nothing holds nothing.
    async fn collect(&self, most: usize, mut body: Incoming) -> Result<Body, Refusal> {
        let mut bytes = BytesMut::new();
        let mut held: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            // Trailers are nothing to us.
            let Ok(data) = frame.map_err(|_| Refusal::BodyBroke)?.into_data() else { continue };
            if data.len() > most.saturating_sub(bytes.len()) {
                return Err(Refusal::TooLarge);
            }
            let count = u32::try_from(data.len()).map_err(|_| Refusal::TooLarge)?;
            let taken = Arc::clone(&self.free_bytes).try_acquire_many_owned(count);
            let taken = taken.map_err(|_| Refusal::Busy)?;
            match &mut held {
                Some(held) => held.merge(taken),
                None => held = Some(taken),
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Body { bytes: bytes.freeze(), _held: held })
    }
}
