//! What a gateway does beside requests and deliveries: it deletes what is no longer kept, follows a
//! clock that is set back, and writes down when secrets were needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use postseal::Error;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::allocator;
use crate::config::Source;
use crate::host;
use crate::receive::accept::Receiving;
use crate::receive::share::Shares;
use crate::store::{SetBack, Store};

const INTERVAL: Duration = Duration::from_secs(10);
/// Events that one deletion takes at most: the writer has others to serve.
const EXPIRED_ROWS_MAX: u32 = 500;

/// Memory is returned to the system after so many connections have ended, or requests with so much
/// memory: they leave some of it behind.
const FLOOD_CONNECTIONS: usize = 256;
const FLOOD_BYTES: usize = 32 << 20;

/// Keeps a gateway's store in order.
pub(crate) struct Housekeeping {
    pub(crate) store: Arc<Store>,
    pub(crate) receiving: Arc<Receiving>,
    /// The connections of senders.
    pub(crate) connections: Arc<Shares>,
    /// By how much the clock was set back, as long as the store has not followed it.
    pub(crate) set_back_ms: AtomicU64,
}

impl Housekeeping {
    /// A round every ten seconds, until `stop` says so, in the middle of one too.
    pub(crate) async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut rounds = interval(INTERVAL);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What an earlier run has left may have been written by another clock; and so may what was
        // on its way when this one was set back.
        let mut otherwise = SetBack::Perhaps;
        let keeping = async {
            loop {
                rounds.tick().await;
                match self.keep(otherwise).await {
                    Ok(SetBack::By { .. }) => otherwise = SetBack::Perhaps,
                    Ok(_) => otherwise = SetBack::No,
                    Err(error) => tracing::warn!(why = error.message(), "the house is not kept"),
                }
            }
        };
        tokio::select! {
            () = keeping => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    async fn keep(&self, otherwise: SetBack) -> Result<SetBack, Error> {
        let bytes = self.receiving.memory.given_back();
        if self.connections.given_back() > FLOOD_CONNECTIONS || bytes > FLOOD_BYTES {
            let _ = tokio::task::spawn_blocking(allocator::trim).await;
        }
        self.note_needed().await?;
        let set_back = self.follow_clock(otherwise).await?;
        for source in self.receiving.routes().sources.values() {
            if let Err(error) = self.expire(source).await {
                let (source, why) = (source.name.as_str(), error.message());
                tracing::warn!(source, why, "old events were not deleted");
            }
        }
        Ok(set_back)
    }

    async fn expire(&self, source: &Source) -> Result<(), Error> {
        let retention_ms = u64::try_from(source.retention.as_millis()).unwrap_or(u64::MAX);
        let before_ms = host::now_ms().saturating_sub(retention_ms);
        let mut deleted = u64::from(EXPIRED_ROWS_MAX);
        while deleted == u64::from(EXPIRED_ROWS_MAX) {
            deleted = self.store.expire(&source.name, before_ms, EXPIRED_ROWS_MAX).await?;
        }
        Ok(())
    }

    /// What nobody will know after us.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub(crate) async fn end(&self) -> Result<(), Error> {
        self.note_needed().await?;
        self.follow_clock(SetBack::No).await.map(drop)
    }

    async fn note_needed(&self) -> Result<(), Error> {
        let needed = self.receiving.last_needed.all();
        if !needed.is_empty() {
            self.store.note_needed(needed.clone()).await?;
            self.receiving.last_needed.remove(&needed);
        }
        Ok(())
    }

    /// Where the clock was set back, jobs do not wait until it is again as late as it was.
    async fn follow_clock(&self, otherwise: SetBack) -> Result<SetBack, Error> {
        let back_ms = host::set_back_ms();
        if back_ms > 0 {
            tracing::warn!(back_ms, "the clock was set back");
        }
        let back_ms =
            self.set_back_ms.fetch_add(back_ms, Ordering::Relaxed).saturating_add(back_ms);
        let set_back = if back_ms > 0 { SetBack::By { back_ms } } else { otherwise };
        for source in self.receiving.routes().sources.values() {
            if self.store.reschedule(&source.name, host::now_ms(), set_back).await? > 0 {
                source.due.notify_one();
            }
        }
        // After a failure it is done again for each source: jobs are then due too early, which
        // harms less.
        self.set_back_ms.fetch_sub(back_ms, Ordering::Relaxed);
        Ok(set_back)
    }
}
