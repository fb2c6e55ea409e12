//! The thread that lets calls run past their deadline: it moves the engine's epoch on.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

/// How often the epoch moves on: a deadline is this exact.
const TICK: Duration = Duration::from_millis(10);

/// Moves the epoch on until it is dropped.
pub(crate) struct Ticker {
    thread: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub(crate) fn start(engine: Engine) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let tick = move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        };
        let thread = thread::Builder::new().name("postseal-ticker".into()).spawn(tick)?;
        Ok(Ticker { thread: Some((stop, thread)) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.thread.take() {
            drop(stop);
            // A ticker that panicked has ended as well.
            let _ = thread.join();
        }
    }
}

/// A deadline in ticks. One more, since the first may come at once.
pub(crate) fn ticks(deadline: Duration) -> u64 {
    let ticks = deadline.as_millis().div_ceil(TICK.as_millis());
    u64::try_from(ticks).unwrap_or(u64::MAX).saturating_add(1)
}
