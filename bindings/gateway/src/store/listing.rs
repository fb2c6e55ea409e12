//! What operators see of the inbox.

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

impl Filter {
    /// In SQL of both databases. A state that is written out has an index of its own.
    pub(super) fn state_condition(&self) -> &'static str {
        match self.state {
            None => "TRUE",
            Some(State::Pending) => "state = 'pending'",
            Some(State::Delivered) => "state = 'delivered'",
            Some(State::Dead) => "state = 'dead'",
        }
    }
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

/// What an operator should know of sources that have events, and are not among the `known`.
pub(super) fn left_behind(sources: &[String], backlog: &[Backlog], known: &[&str]) -> Vec<String> {
    let unknown = sources.iter().filter(|source| !known.contains(&source.as_str()));
    let warning = |source: &String| {
        let counts = backlog.iter().find(|row| row.source == *source);
        let (pending, dead) = counts.map_or((0, 0), |row| (row.pending, row.dead));
        format!(
            "source {source} has events and is not in the configuration; {pending} wait, {dead} \
             are dead letters: put it back, or delete all with `postseal events forget {source}`"
        )
    };
    unknown.map(warning).collect()
}
