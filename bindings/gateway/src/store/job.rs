//! A delivery that is to be made: it is taken under a lease, and settled once.

use std::time::Duration;

use postseal::UnixTime;
use postseal::policy::retry::{Attempt, Next, Outcome, next_attempt};

use super::event::Event;
use super::listing::State;

/// Without a clock nothing can be told of the next attempt; later there may be one.
const NO_CLOCK_DELAY_MS: u64 = 15_000;

/// What a source's worker asks for.
#[derive(Clone)]
pub(crate) struct Take {
    pub(crate) source: String,
    pub(crate) jobs_max: u32,
    pub(crate) now_ms: u64,
    pub(crate) lease: Duration,
}

impl Take {
    /// When the leases end, in Unix milliseconds.
    pub(super) fn until_ms(&self) -> u64 {
        let lease_ms = u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX);
        self.now_ms.saturating_add(lease_ms)
    }
}

/// What was taken.
pub(crate) struct Taken {
    pub(crate) jobs: Vec<Job>,
    /// Numbers of events on damaged pages, which have become dead letters.
    pub(crate) unreadable: Vec<i64>,
    /// Where nothing was: when the next job of the source is due, in Unix milliseconds.
    pub(crate) next_due_ms: Option<u64>,
}

/// Whether the clock that due times come from was set back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SetBack {
    /// Not that anybody knows. No wait is longer than the longest.
    No,
    /// Nobody was there to see it. What was never tried is due, too.
    Perhaps,
    /// By so much. What is to come is due sooner, too.
    By { back_ms: u64 },
}

/// The right to deliver an event, until the lease runs out. Whoever takes the job after that has
/// a higher attempt, and this lease is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The event's number, which no other one has had.
    pub(crate) number: i64,
    /// Counted from 1.
    pub(crate) attempt: u32,
    /// What the store knows the lease by. It grows when a job is taken, and when it is settled, so
    /// that a lease is settled once.
    pub(crate) count: i64,
}

/// A job that was taken.
pub(crate) struct Job {
    pub(crate) lease: Lease,
    pub(crate) event: Event,
}

/// What has become of an attempt to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// The application has it.
    Delivered,
    /// Again, when it is due.
    Retry {
        /// In Unix milliseconds.
        due_ms: u64,
    },
    /// Given back unfinished, at a shutdown: due at once, and the attempt does not count.
    Returned,
    /// No more attempts: a dead letter.
    Dead,
}

impl Settlement {
    /// What follows from an attempt, where none is made after `give_up_ms`.
    pub(crate) fn after(
        attempt: &Attempt<'_>,
        give_up_ms: u64,
        now_ms: u64,
        entropy: u32,
    ) -> Settlement {
        let now = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
        let next = UnixTime::new(now).and_then(|now| next_attempt(attempt, now, entropy));
        let delay_ms = match next {
            Ok(Next::Stop(Outcome::Delivered)) => return Settlement::Delivered,
            Ok(Next::Stop(_)) => return Settlement::Dead,
            Ok(Next::Retry { delay_ms }) => delay_ms,
            Err(_) => NO_CLOCK_DELAY_MS,
        };
        let due_ms = now_ms.saturating_add(delay_ms);
        if due_ms > give_up_ms { Settlement::Dead } else { Settlement::Retry { due_ms } }
    }

    /// The state after it, when the job is due where it is pending, and whether the attempt is
    /// taken back.
    pub(super) fn effect(self, now_ms: u64) -> (State, Option<u64>, bool) {
        match self {
            Settlement::Delivered => (State::Delivered, None, false),
            Settlement::Dead => (State::Dead, None, false),
            Settlement::Retry { due_ms } => (State::Pending, Some(due_ms), false),
            Settlement::Returned => (State::Pending, Some(now_ms), true),
        }
    }
}
