//! The activity of a connection: whether it is idle, and what its client has sent in HTTP/2 without
//! an accepted request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// After an answer. Long enough for a sender who has more, and short for a crowd that has nothing.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// What the protocol itself is given to end a connection with words.
const GRACE: Duration = Duration::from_secs(1);

/// The requests of one connection.
pub(super) struct Activity {
    began: Instant,
    requests: AtomicU32,
    running: AtomicU32,
    last_ms: AtomicU64,
    /// Bytes that the client has sent besides bodies since its last accepted request.
    spent_bytes: AtomicUsize,
}

/// A request that is being answered.
pub(super) struct Running(Arc<Activity>);

impl Running {
    /// The request was accepted: what the client has sent so far no longer counts.
    pub(super) fn accepted(&self) {
        self.0.spent_bytes.store(0, Ordering::Relaxed);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.last_ms.store(self.0.elapsed_ms(), Ordering::Relaxed);
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Activity {
            began: Instant::now(),
            requests: AtomicU32::new(0),
            running: AtomicU32::new(0),
            last_ms: AtomicU64::new(0),
            spent_bytes: AtomicUsize::new(0),
        })
    }

    pub(super) fn request(self: &Arc<Self>) -> Running {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.running.fetch_add(1, Ordering::Relaxed);
        Running(Arc::clone(self))
    }

    /// Counts bytes that the client has sent besides bodies, and returns how many those are since
    /// its last accepted request.
    pub(super) fn spend(&self, bytes: usize) -> usize {
        self.spent_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes)
    }

    /// Ends when nothing has been asked for too long: before the first request for as long as a
    /// head may take, in HTTP/2 with its handshake; afterwards for a minute. Answers that nobody
    /// reads are no reason to stay.
    pub(super) async fn idle(&self, header_timeout: Duration) {
        loop {
            let longest = match self.requests.load(Ordering::Relaxed) {
                0 => header_timeout + GRACE,
                _ => header_timeout.max(IDLE_MAX) + GRACE,
            };
            let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
            let rest = (last + longest).saturating_sub(self.began.elapsed());
            match self.running.load(Ordering::Relaxed) {
                0 if rest.is_zero() => return,
                0 => sleep(rest).await,
                _ => sleep(longest).await,
            }
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
