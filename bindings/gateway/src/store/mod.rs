//! The inbox: what has been accepted, and what is still to be delivered of it.
//!
//! An event and its job are written in one transaction, unique by key, and only then is the sender
//! told so. A job that is taken is leased: where its worker dies, it is due again when the lease
//! has run out. Every method has committed when it answers.

mod postgres;
mod postgres_connect;
mod postgres_rows;
#[cfg(test)]
mod simulation;
mod sqlite;
mod sqlite_rows;
#[cfg(test)]
mod tests;

use std::time::Duration;

use postseal::policy::DELAY_SECONDS_MAX;
use postseal::{Code, Error};

use postgres::Postgres;
use sqlite::Sqlite;

/// Where events are kept. Every error is `store_unavailable`; its message is for the log, and has
/// no payload in it.
pub(crate) enum Store {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Whether a configuration's text names a store.
pub(crate) fn is_store(text: &str) -> bool {
    text.starts_with("sqlite:") || is_postgres(text)
}

fn is_postgres(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

impl Store {
    /// Opens a store, and makes its tables where there are none: `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// `invalid_config` for what is no durable store; `store_unavailable`.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        match is_postgres(url) {
            true => Postgres::open(url).await.map(Store::Postgres),
            false => Sqlite::open(url).await.map(Store::Sqlite),
        }
    }

    /// Which store it is, and what its commits withstand.
    pub(crate) async fn durability(&self) -> Result<Durability, Error> {
        match self {
            Store::Sqlite(_) => Ok(Durability {
                store: "SQLite, synchronous = FULL".to_owned(),
                warnings: Vec::new(),
            }),
            Store::Postgres(store) => store.durability().await,
        }
    }

    /// Writes an event and its job down, unless its key is there.
    pub(crate) async fn accept(&self, event: NewEvent) -> Result<Acceptance, Error> {
        match self {
            Store::Sqlite(store) => store.accept(event).await,
            Store::Postgres(store) => store.accept(event).await,
        }
    }

    /// Leases jobs that are due.
    pub(crate) async fn take(&self, take: Take<'_>) -> Result<Vec<Job>, Error> {
        match self {
            Store::Sqlite(store) => store.take(take).await,
            Store::Postgres(store) => store.take(take).await,
        }
    }

    /// Ends a lease. `false`: it had been lost, and nothing is written. `result` is how the attempt
    /// ended: an HTTP status as text, or the name of a failure.
    pub(crate) async fn settle(
        &self,
        lease: Lease,
        settlement: Settlement,
        result: Option<&str>,
        now_ms: u64,
    ) -> Result<bool, Error> {
        match self {
            Store::Sqlite(store) => store.settle(lease, settlement, result, now_ms).await,
            Store::Postgres(store) => store.settle(lease, settlement, result, now_ms).await,
        }
    }

    /// Writes down when secrets were needed; an earlier time does not replace a later one.
    pub(crate) async fn note_needed(&self, needed: Vec<Needed>) -> Result<(), Error> {
        match self {
            Store::Sqlite(store) => store.note_needed(needed).await,
            Store::Postgres(store) => store.note_needed(needed).await,
        }
    }

    /// Deletes events of a source that came before a time and have ended, `rows_max` at most, and
    /// answers with how many. Their keys can then be accepted anew.
    pub(crate) async fn expire(
        &self,
        source: &str,
        before_ms: u64,
        rows_max: u32,
    ) -> Result<u64, Error> {
        match self {
            Store::Sqlite(store) => store.expire(source, before_ms, rows_max).await,
            Store::Postgres(store) => store.expire(source, before_ms, rows_max).await,
        }
    }

    /// Mends times that come from another clock, and says of how many jobs.
    ///
    /// What is to come is due sooner by `back_ms`, by which the clock was set back. And whatever
    /// has happened to it: what was never tried is due, and no wait is longer than the longest.
    pub(crate) async fn reschedule(
        &self,
        source: &str,
        now_ms: u64,
        back_ms: u64,
    ) -> Result<u64, Error> {
        match self {
            Store::Sqlite(store) => store.reschedule(source, now_ms, back_ms).await,
            Store::Postgres(store) => store.reschedule(source, now_ms, back_ms).await,
        }
    }

    /// Has an event delivered again. `false`: it is not there, or pending.
    pub(crate) async fn replay(&self, number: i64, now_ms: u64) -> Result<bool, Error> {
        match self {
            Store::Sqlite(store) => store.replay(number, now_ms).await,
            Store::Postgres(store) => store.replay(number, now_ms).await,
        }
    }

    /// Deletes a dead letter. `false`: there is none of this number.
    pub(crate) async fn purge(&self, number: i64) -> Result<bool, Error> {
        match self {
            Store::Sqlite(store) => store.purge(number).await,
            Store::Postgres(store) => store.purge(number).await,
        }
    }

    pub(crate) async fn list(&self, filter: Filter) -> Result<Vec<Listed>, Error> {
        match self {
            Store::Sqlite(store) => store.list(filter).await,
            Store::Postgres(store) => store.list(filter).await,
        }
    }

    /// One event, with its payload.
    pub(crate) async fn event(&self, number: i64) -> Result<Option<Event>, Error> {
        match self {
            Store::Sqlite(store) => store.event(number).await,
            Store::Postgres(store) => store.event(number).await,
        }
    }

    /// What is pending or dead, by source.
    pub(crate) async fn backlog(&self) -> Result<Vec<Backlog>, Error> {
        match self {
            Store::Sqlite(store) => store.backlog().await,
            Store::Postgres(store) => store.backlog().await,
        }
    }

    pub(crate) async fn needed(&self) -> Result<Vec<Needed>, Error> {
        match self {
            Store::Sqlite(store) => store.needed().await,
            Store::Postgres(store) => store.needed().await,
        }
    }

    /// Whether it can be written to: that is tried.
    pub(crate) async fn ready(&self) -> Result<(), Error> {
        match self {
            Store::Sqlite(store) => store.ready().await,
            Store::Postgres(store) => store.ready().await,
        }
    }

    /// Ends what waits. After that every method fails.
    pub(crate) async fn close(&self) {
        match self {
            Store::Sqlite(store) => store.close().await,
            Store::Postgres(store) => store.close().await,
        }
    }
}

/// What a store's commits withstand.
pub(crate) struct Durability {
    /// Its name, and the settings that matter.
    pub(crate) store: String,
    /// What could lose an event that was acknowledged.
    pub(crate) warnings: Vec<String>,
}

/// An authenticated message, as it is written.
#[derive(Debug)]
pub(crate) struct Event {
    /// Of source, scheme and replay key: [`postseal::policy::claim::Subject::key`].
    pub(crate) key: String,
    /// The name of its source.
    pub(crate) source: String,
    /// The sender's id, where it is authenticated.
    pub(crate) message_id: Option<String>,
    /// When it was signed, in Unix seconds, where that is authenticated.
    pub(crate) signed_at: Option<u64>,
    /// The key of the ring that signed it.
    pub(crate) secret_id: String,
    /// Whether it came encrypted.
    pub(crate) encrypted: bool,
    /// The media type of the payload.
    pub(crate) content_type: Option<String>,
    /// Headers that the source passes on, which nobody has authenticated: a JSON object.
    pub(crate) passed_on: String,
    /// The payload, or what a storage key has sealed it into.
    pub(crate) payload: Vec<u8>,
    /// The id of that key; `None` for a payload as it is.
    pub(crate) storage_key_id: Option<String>,
    /// When it came, in Unix milliseconds.
    pub(crate) received_ms: u64,
}

/// An event that is to be accepted.
pub(crate) struct NewEvent {
    pub(crate) event: Event,
    /// Of the payload; `None` where repeats may differ:
    /// [`postseal::policy::claim::Subject::digest`].
    pub(crate) digest: Option<String>,
}

/// What has become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acceptance {
    /// The event and its job are committed.
    Accepted,
    /// It had been accepted before: nothing is written.
    Duplicate,
    /// An event of this key has another payload: nothing is written.
    Conflict,
}

impl Acceptance {
    /// Of a message whose key is there: whether its payload is another one, as far as that can be
    /// known.
    fn of_repeat(ours: Option<&str>, theirs: Option<&str>) -> Self {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours != theirs => Acceptance::Conflict,
            _ => Acceptance::Duplicate,
        }
    }
}

/// The right to deliver an event, until the lease runs out. Whoever takes the job after that has
/// a higher attempt, and this lease is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The event's number: ascending in the order in which events were accepted.
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
    /// Given back untried, as at a shutdown: due at once, and the attempt does not count.
    Returned,
    /// No more attempts: a dead letter.
    Dead,
}

impl Settlement {
    /// The state after it, when the job is due where it is pending, and whether the attempt is
    /// taken back.
    fn effect(self, now_ms: u64) -> (State, Option<u64>, bool) {
        match self {
            Settlement::Delivered => (State::Delivered, None, false),
            Settlement::Dead => (State::Dead, None, false),
            Settlement::Retry { due_ms } => (State::Pending, Some(due_ms), false),
            Settlement::Returned => (State::Pending, Some(now_ms), true),
        }
    }
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Delivered,
    Dead,
}

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Delivered => "delivered",
            State::Dead => "dead",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [State::Pending, State::Delivered, State::Dead]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// An event's row in a list, without its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) number: i64,
    pub(crate) source: String,
    pub(crate) message_id: Option<String>,
    pub(crate) signed_at: Option<u64>,
    pub(crate) secret_id: String,
    pub(crate) encrypted: bool,
    pub(crate) content_type: Option<String>,
    pub(crate) payload_bytes: u64,
    pub(crate) received_ms: u64,
    pub(crate) state: State,
    /// How many attempts were begun.
    pub(crate) attempts: u32,
    /// When it is due, for a pending one, in Unix milliseconds; that is the end of the lease while
    /// somebody has it.
    pub(crate) due_ms: u64,
    /// How the last attempt ended: an HTTP status as text, or the name of a failure.
    pub(crate) last_result: Option<String>,
    /// When it was delivered or given up, in Unix milliseconds.
    pub(crate) ended_ms: Option<u64>,
}

/// Which events to list: the newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) number: Option<i64>,
    pub(crate) source: Option<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) state: Option<State>,
    /// Only events with a smaller number: the next page.
    pub(crate) before: Option<i64>,
    /// The most rows.
    pub(crate) rows_max: u32,
}

/// How many events of a source are pending, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) source: String,
    pub(crate) pending: u64,
    pub(crate) dead: u64,
    /// When the oldest pending one came, in Unix milliseconds.
    pub(crate) oldest_ms: Option<u64>,
}

/// When a secret was last needed to accept a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Needed {
    pub(crate) source: String,
    pub(crate) secret_id: String,
    /// In Unix milliseconds.
    pub(crate) at_ms: u64,
}

/// What a source's worker asks for.
pub(crate) struct Take<'a> {
    pub(crate) source: &'a str,
    pub(crate) jobs_max: u32,
    pub(crate) now_ms: u64,
    pub(crate) lease: Duration,
}

impl Take<'_> {
    /// When the leases end, in Unix milliseconds.
    fn until_ms(&self) -> u64 {
        let lease_ms = u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX);
        self.now_ms.saturating_add(lease_ms)
    }
}

fn unavailable(message: String) -> Error {
    Error::new(Code::StoreUnavailable, message)
}

/// The latest time that a job may be due.
fn longest_wait_ms(now_ms: u64) -> u64 {
    now_ms.saturating_add(u64::from(DELAY_SECONDS_MAX) * 1000)
}

/// Numbers of both databases have a sign; ours end 290 million years from now.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
