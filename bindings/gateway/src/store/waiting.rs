//! Events that wait to be written, and the memory that they may take together.
//!
//! An event belongs to its caller until the writer runs its command. A caller that gives up
//! withdraws the event: an empty command stays in the queue, and the writer skips it.

use std::sync::{Arc, Mutex, PoisonError};

use postseal::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{NewEvent, QUEUE_PATIENCE, overloaded};

/// Maximum memory, in bytes, of all events that wait to be written. It is half of what request
/// bodies may take, four of the largest payloads, and about a second's work of an ordinary disk.
const WAITING_BYTES_MAX: usize = 128 << 20;
/// Memory of an event besides its payload and its passed-on headers: names, keys and the command
/// itself.
const EVENT_BYTES: usize = 1024;

/// The memory budget of one store's waiting events.
pub(super) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(super) fn new() -> Self {
        Budget(Arc::new(Semaphore::new(WAITING_BYTES_MAX)))
    }

    /// Admits an event once there is memory for it. An event larger than the whole budget is
    /// admitted alone.
    ///
    /// # Errors
    /// `store_unavailable` if there is no memory within `QUEUE_PATIENCE`.
    pub(super) async fn admit(&self, event: NewEvent) -> Result<(Waiting, Queued), Error> {
        let bytes = bytes_of(&event);
        let count = u32::try_from(bytes.min(WAITING_BYTES_MAX)).map_err(|_| overloaded())?;
        let permit = Arc::clone(&self.0).acquire_many_owned(count);
        let permit = timeout(QUEUE_PATIENCE, permit).await.map_err(|_| overloaded())?;
        let permit = permit.map_err(|_| overloaded())?;
        let held = Arc::new(Mutex::new(Some(Held { event, _permit: permit })));
        Ok((Waiting(Arc::clone(&held)), Queued { held, bytes }))
    }
}

fn bytes_of(new: &NewEvent) -> usize {
    let event = &new.event;
    [event.payload.len(), event.passed_on.len()]
        .iter()
        .fold(EVENT_BYTES, |sum, &length| sum.saturating_add(length))
}

/// An event, with its share of the budget.
pub(super) struct Held {
    pub(super) event: NewEvent,
    _permit: OwnedSemaphorePermit,
}

/// The caller's handle: dropping it withdraws the event.
pub(super) struct Waiting(Arc<Mutex<Option<Held>>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        // The writer holds the lock while it runs the command, which frees the event afterwards.
        if let Ok(mut held) = self.0.try_lock() {
            held.take();
        }
    }
}

/// The writer's handle.
pub(super) struct Queued {
    held: Arc<Mutex<Option<Held>>>,
    bytes: usize,
}

impl Queued {
    /// Memory that the event takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Runs a closure on the event, any number of times. `None` if the caller has given up.
    pub(super) fn with<T>(&self, run: impl FnOnce(&NewEvent) -> T) -> Option<T> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|held| run(&held.event))
    }

    /// Takes the event from its caller, which can no longer withdraw it. `None` if it already has.
    pub(super) fn take(self) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::event;
    use super::*;

    fn event_of(payload_bytes: usize) -> NewEvent {
        let mut new = event("a", None);
        new.event.payload = vec![0; payload_bytes];
        new
    }

    /// `None` where there is no memory at once.
    async fn admit(budget: &Budget, payload_bytes: usize) -> Option<(Waiting, Queued)> {
        let admitted = timeout(Duration::ZERO, budget.admit(event_of(payload_bytes))).await;
        admitted.ok().map(Result::unwrap)
    }

    #[tokio::test]
    async fn memory_returns_when_a_caller_gives_up_or_an_event_is_written() {
        const HALF: usize = WAITING_BYTES_MAX / 2 - 2 * EVENT_BYTES;
        let budget = Budget::new();
        let (first, first_queued) = admit(&budget, HALF).await.unwrap();
        let (_second, second_queued) = admit(&budget, HALF).await.unwrap();
        assert!(admit(&budget, HALF).await.is_none());
        drop(first);
        assert!(first_queued.with(|_| ()).is_none(), "a caller that gave up leaves no event");
        let (_third, _third_queued) = admit(&budget, HALF).await.unwrap();
        let written = second_queued.take().unwrap();
        assert!(admit(&budget, HALF).await.is_none(), "it is being written");
        drop(written);
        assert!(admit(&budget, HALF).await.is_some());
    }

    #[tokio::test]
    async fn an_event_longer_than_the_budget_waits_alone() {
        let budget = Budget::new();
        let small = admit(&budget, 1).await.unwrap();
        assert!(admit(&budget, WAITING_BYTES_MAX + 1).await.is_none());
        drop(small);
        assert!(admit(&budget, WAITING_BYTES_MAX + 1).await.is_some());
    }

    #[tokio::test]
    async fn a_store_that_does_not_keep_up_is_overloaded() {
        let budget = Budget::new();
        let _long = admit(&budget, WAITING_BYTES_MAX).await.unwrap();
        let error = budget.admit(event_of(1)).await.map(drop).unwrap_err();
        assert_eq!(error.code().as_str(), "store_unavailable");
    }
}
