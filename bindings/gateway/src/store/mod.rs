//! The inbox: what has been accepted, and what is still to be delivered of it.
//!
//! An event and its job are written in one transaction, unique by key, and only then is the sender
//! told so. A job that is taken is leased: where its worker dies, it is due again when the lease
//! has run out. Every method has committed when it answers.

#[cfg(test)]
mod simulation;
mod sqlite;
mod sqlite_rows;
#[cfg(test)]
mod tests;

use std::time::Duration;

/// Where events are kept. Every error is `store_unavailable`; its message is for the log, and has
/// no payload in it.
pub(crate) use sqlite::Sqlite as Store;

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
