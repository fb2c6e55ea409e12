//! The inbox: what has been accepted, and what is still to be delivered of it.
//!
//! An event and its job are written in one transaction, unique by key, and only then is the sender
//! told so. A job that is taken is leased: where its worker dies, it is due again when the lease
//! has run out. Every method has committed when it answers.

mod event;
mod job;
mod listing;
mod postgres;
mod postgres_pool;
mod postgres_rows;
#[cfg(test)]
mod simulation;
mod sqlite;
mod sqlite_files;
mod sqlite_log;
mod sqlite_rows;
mod sqlite_schema;
mod sqlite_writer;
#[cfg(test)]
mod tests;
mod waiting;

use std::time::Duration;

use postseal::policy::DELAY_SECONDS_MAX;
use postseal::{Code, Error};
use tokio::time::timeout;

pub(crate) use event::{Acceptance, Event, NewEvent};
pub(crate) use job::{Job, Lease, SetBack, Settlement, Take, Taken};
use listing::left_behind;
pub(crate) use listing::{Backlog, Filter, Listed, Needed, State};
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

    /// Opens a store that a gateway has made.
    ///
    /// # Errors
    /// As [`Store::open`]; `store_unavailable` where there is no file.
    pub(crate) async fn open_existing(url: &str) -> Result<Self, Error> {
        if !is_postgres(url) {
            Sqlite::find(url)?;
        }
        Store::open(url).await
    }

    /// Keeps other gateways away from a store that is for one.
    ///
    /// # Errors
    /// `store_unavailable` where another one has it.
    pub(crate) fn hold(&self) -> Result<(), Error> {
        match self {
            Store::Sqlite(store) => store.hold(),
            Store::Postgres(_) => Ok(()),
        }
    }

    /// Looks at a store, and makes nothing: what is not there yet is made at the start. `known` are
    /// the sources of the configuration.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub(crate) async fn look(url: &str, known: &[&str]) -> Result<Durability, Error> {
        match is_postgres(url) {
            true => Postgres::look(url, known).await,
            false => Sqlite::look(url, known).await,
        }
    }

    /// Says what has been left by sources that are not among the `known`.
    pub(crate) async fn left_behind(&self, known: &[&str]) -> Result<Vec<String>, Error> {
        match self {
            Store::Sqlite(store) => store.left_behind(known).await,
            Store::Postgres(store) => store.left_behind(known).await,
        }
    }

    /// Which store it is, and what its commits withstand.
    pub(crate) async fn durability(&self) -> Result<Durability, Error> {
        match self {
            Store::Sqlite(_) => Ok(Sqlite::durability()),
            Store::Postgres(store) => store.durability().await,
        }
    }

    /// Writes an event and its job down, unless its key is there.
    pub(crate) async fn accept(&self, event: NewEvent) -> Result<Acceptance, Error> {
        let accepting = async {
            match self {
                Store::Sqlite(store) => store.accept(event).await,
                Store::Postgres(store) => store.accept(event).await,
            }
        };
        // The event is withdrawn, unless the writer has already started on it: then it may still be
        // committed, and the sender's next try is a duplicate.
        let late = |_| unavailable("the store has not answered in time".to_owned());
        timeout(ACCEPT_PATIENCE, accepting).await.map_err(late)?
    }

    /// Leases jobs that are due.
    pub(crate) async fn take(&self, take: Take) -> Result<Taken, Error> {
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

    /// Deletes events of a source up to the number `last`, whatever has become of them, a few at a
    /// time, and answers with how many. When none is left, the times at which its secrets were
    /// needed go too. What others are deleting at the moment does not count.
    pub(crate) async fn forget(&self, source: &str, last: i64) -> Result<u64, Error> {
        match self {
            Store::Sqlite(store) => store.forget(source, last).await,
            Store::Postgres(store) => store.forget(source, last).await,
        }
    }

    /// The number of a source's last event.
    pub(crate) async fn last(&self, source: &str) -> Result<Option<i64>, Error> {
        match self {
            Store::Sqlite(store) => store.last(source).await,
            Store::Postgres(store) => store.last(source).await,
        }
    }

    /// Mends due times that come from another clock, and says of how many jobs.
    ///
    /// Several gateways have several clocks: with PostgreSQL, where one was set back it does not
    /// know by how much the others' times are wrong, so no more is done than for `Perhaps`.
    pub(crate) async fn reschedule(
        &self,
        source: &str,
        now_ms: u64,
        set_back: SetBack,
    ) -> Result<u64, Error> {
        match self {
            Store::Sqlite(store) => store.reschedule(source, now_ms, set_back).await,
            Store::Postgres(store) => store.reschedule(source, now_ms, set_back).await,
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

    /// After this every method fails. Nobody may be waiting for one.
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

/// How the last attempt of an event on a damaged page has ended.
const UNREADABLE: &str = "unreadable";
/// Events of a forgotten source that one transaction deletes: others wait for it.
const FORGOTTEN_AT_ONCE: u32 = 50;

/// Maximum number of commands that wait for the writer; `waiting.rs` bounds the memory of their
/// events. A sender that would wait longer than `QUEUE_PATIENCE` is told to retry.
const QUEUE_EVENTS_MAX: usize = 4096;
/// Senders give up after some seconds, and try again.
const ACCEPT_PATIENCE: Duration = Duration::from_secs(8);
const QUEUE_PATIENCE: Duration = Duration::from_secs(2);

fn overloaded() -> Error {
    unavailable("the store has more to write than it can".to_owned())
}

fn closed() -> Error {
    unavailable("the store is closed".to_owned())
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
