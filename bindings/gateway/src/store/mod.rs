//! The inbox: what has been accepted, and what is still to be delivered of it.
//!
//! An event and its job are written in one transaction, unique by key, and only then is the sender
//! told so. A job that is taken is leased: where its worker dies, it is due again when the lease
//! has run out. Every method has committed when it answers.

mod postgres;
mod sqlite;

use std::time::Duration;

use postseal::Error;

/// An authenticated message that is to be accepted.
pub(crate) struct NewEvent {
    /// Of source, scheme and replay key: [`postseal::policy::claim::Subject::key`].
    pub(crate) key: String,
    /// Of the payload; `None` where repeats may differ:
    /// [`postseal::policy::claim::Subject::digest`].
    pub(crate) digest: Option<String>,
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
    /// The payload, or what [`crate::store`]'s caller has sealed it into.
    pub(crate) payload: Vec<u8>,
    /// The id of the storage key that sealed the payload; `None` for plain bytes.
    pub(crate) storage_key_id: Option<String>,
    /// When it came, in Unix milliseconds.
    pub(crate) received_ms: u64,
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

/// An accepted event, as it was written.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its number: ascending in the order in which events were accepted.
    pub(crate) number: i64,
    pub(crate) key: String,
    pub(crate) source: String,
    pub(crate) message_id: Option<String>,
    pub(crate) signed_at: Option<u64>,
    pub(crate) secret_id: String,
    pub(crate) encrypted: bool,
    pub(crate) content_type: Option<String>,
    pub(crate) passed_on: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) storage_key_id: Option<String>,
    pub(crate) received_ms: u64,
}

/// The right to deliver an event, until the lease runs out. Whoever takes the job after that has
/// a higher attempt, and this lease is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) number: i64,
    /// Counted from 1.
    pub(crate) attempt: u32,
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

/// Where events are kept. Every error is `store_unavailable`; its message is for the log, and has
/// no payload in it.
pub(crate) enum Store {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens what `url` names, `sqlite:PATH` or `postgres://…`, and brings its tables up to date.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return postgres::Postgres::open(url).await.map(Store::Postgres);
        }
        sqlite::Sqlite::open(url).await.map(Store::Sqlite)
    }

    /// Writes the event and its job, in one transaction, unless one of its key is there.
    pub(crate) async fn accept(&self, event: NewEvent) -> Result<Acceptance, Error> {
        match self {
            Store::Sqlite(store) => store.accept(event).await,
            Store::Postgres(store) => store.accept(event).await,
        }
    }

    /// Leases jobs of a source that are due, the longest due first.
    pub(crate) async fn take(&self, take: Take<'_>) -> Result<Vec<Job>, Error> {
        match self {
            Store::Sqlite(store) => store.take(take).await,
            Store::Postgres(store) => store.take(take).await,
        }
    }

    /// Ends an attempt. `false`: the lease is lost, and nothing is written.
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

    /// Remembers when secrets were last needed; an older time than what is there changes nothing.
    pub(crate) async fn note_needed(&self, needed: Vec<Needed>) -> Result<(), Error> {
        match self {
            Store::Sqlite(store) => store.note_needed(needed).await,
            Store::Postgres(store) => store.note_needed(needed).await,
        }
    }

    /// Deletes at most `rows_max` events of a source that have ended, and came before `before_ms`.
    /// Answers how many.
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

    /// Lists events, the newest first.
    pub(crate) async fn list(&self, filter: Filter) -> Result<Vec<Listed>, Error> {
        match self {
            Store::Sqlite(store) => store.list(filter).await,
            Store::Postgres(store) => store.list(filter).await,
        }
    }

    /// An event with its payload.
    pub(crate) async fn event(&self, number: i64) -> Result<Option<Event>, Error> {
        match self {
            Store::Sqlite(store) => store.event(number).await,
            Store::Postgres(store) => store.event(number).await,
        }
    }

    /// Makes an event that has ended due again, its attempts counted anew. `false`: there is none,
    /// or it is pending.
    pub(crate) async fn replay(&self, number: i64, now_ms: u64) -> Result<bool, Error> {
        match self {
            Store::Sqlite(store) => store.replay(number, now_ms).await,
            Store::Postgres(store) => store.replay(number, now_ms).await,
        }
    }

    /// Deletes a dead letter. `false`: there is no such one.
    pub(crate) async fn purge(&self, number: i64) -> Result<bool, Error> {
        match self {
            Store::Sqlite(store) => store.purge(number).await,
            Store::Postgres(store) => store.purge(number).await,
        }
    }

    /// Counts what is pending and dead, by source.
    pub(crate) async fn backlog(&self) -> Result<Vec<Backlog>, Error> {
        match self {
            Store::Sqlite(store) => store.backlog().await,
            Store::Postgres(store) => store.backlog().await,
        }
    }

    /// When each secret was last needed.
    pub(crate) async fn needed(&self) -> Result<Vec<Needed>, Error> {
        match self {
            Store::Sqlite(store) => store.needed().await,
            Store::Postgres(store) => store.needed().await,
        }
    }

    /// Whether it can be written to now.
    pub(crate) async fn ready(&self) -> Result<(), Error> {
        match self {
            Store::Sqlite(store) => store.ready().await,
            Store::Postgres(store) => store.ready().await,
        }
    }

    /// Commits what is waiting, and closes.
    pub(crate) async fn close(self) {
        match self {
            Store::Sqlite(store) => store.close().await,
            Store::Postgres(store) => store.close().await,
        }
    }
}
