//! A gateway of the model: a writer with its group, answers on their way, and attempts to deliver.

use std::collections::VecDeque;
use std::time::Duration;

use rusqlite::{Connection, params};

use super::Bug;
use super::rules::{LEASE_MS, SLOTS, SOURCE};
use crate::store::{
    Acceptance, Event, Lease, NewEvent, SetBack, Settlement, Take, sqlite_rows as rows,
};

/// What the writer is asked for.
#[derive(Clone, Debug)]
pub(super) enum Command {
    Accept { sender: usize, received_ms: u64 },
    Take { now_ms: u64 },
    Settle { lease: Lease, settlement: Settlement, status: Option<u16>, now_ms: u64 },
    Expire { before_ms: u64 },
    Reschedule { now_ms: u64, set_back: SetBack },
    Replay { number: i64, now_ms: u64 },
}

/// What has become of it.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Accepted(Acceptance),
    /// Each with its sender.
    Taken(Vec<(Lease, usize)>),
    Settled(bool),
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Up,
    /// It takes nothing more in.
    Ending,
    /// It has given back what it held.
    GaveBack,
    Down,
}

/// An attempt to deliver, and how far it is.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) lease: Lease,
    pub(super) sender: usize,
    /// What the event's life is known by.
    pub(super) replays: u32,
    pub(super) step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Leased,
    /// `None`: no answer has come.
    Answered(Option<u16>),
    Settling,
}

pub(super) struct Gateway {
    pub(super) phase: Phase,
    pub(super) queue: VecDeque<Command>,
    /// What has run in the open transaction.
    pub(super) group: Option<Vec<(Command, Outcome)>>,
    /// Committed, and not yet told.
    pub(super) answers: Vec<(Command, Outcome)>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) taking: bool,
    /// How far the clock was ahead, at most, since it was last looked at.
    pub(super) furthest_ms: i64,
    /// Whether times may still stand in the store that nobody saw to be wrong.
    pub(super) unsure: bool,
}

impl Gateway {
    pub(super) fn begin(ahead_ms: i64) -> Self {
        Gateway {
            phase: Phase::Up,
            queue: VecDeque::new(),
            group: None,
            answers: Vec::new(),
            attempts: Vec::new(),
            taking: false,
            furthest_ms: ahead_ms,
            unsure: true,
        }
    }

    pub(super) fn may_take(&self) -> bool {
        self.phase == Phase::Up && !self.taking && self.attempts.len() < SLOTS
    }

    /// Whether nothing is left to write or to tell.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.group.is_none() && self.answers.is_empty()
    }

    /// Whether the store was still to be told that the clock was set back.
    pub(super) fn was_to_follow(&self) -> bool {
        let ran = self.group.iter().flatten().map(|(command, _)| command);
        self.queue.iter().chain(ran).any(|command| {
            matches!(command, Command::Reschedule { set_back: SetBack::By { .. }, .. })
        })
    }

    /// The senders whose requests it has not answered.
    pub(super) fn unanswered(&self) -> impl Iterator<Item = usize> {
        let ran = self.group.iter().flatten().chain(&self.answers).map(|(command, _)| command);
        self.queue.iter().chain(ran).filter_map(|command| match command {
            Command::Accept { sender, .. } => Some(*sender),
            _ => None,
        })
    }
}

impl Command {
    /// Runs it as the writer does, unless a bug is planted.
    pub(super) fn run(&self, store: &Connection, bug: Option<Bug>) -> rusqlite::Result<Outcome> {
        match *self {
            Command::Accept { sender, received_ms } => {
                let acceptance = rows::accept(store, &new_event(sender, received_ms))?;
                if bug == Some(Bug::AcceptsWithoutJob) && acceptance == Acceptance::Accepted {
                    store.execute("DELETE FROM jobs WHERE number = last_insert_rowid()", [])?;
                }
                Ok(Outcome::Accepted(acceptance))
            }
            Command::Take { now_ms } => {
                let lease_ms = if bug == Some(Bug::TakesWithoutLease) { 0 } else { LEASE_MS };
                let lease = Duration::from_millis(lease_ms);
                let jobs_max = u32::try_from(SLOTS).unwrap();
                let take = Take { source: SOURCE.to_owned(), jobs_max, now_ms, lease };
                let jobs = rows::take(store, &take)?;
                let sender = |event: &Event| event.message_id.as_ref().unwrap().parse().unwrap();
                Ok(Outcome::Taken(jobs.iter().map(|job| (job.lease, sender(&job.event))).collect()))
            }
            Command::Settle { lease, settlement, now_ms, .. } => {
                settle(store, lease, settlement, now_ms, bug).map(Outcome::Settled)
            }
            Command::Expire { before_ms } if bug == Some(Bug::ExpiresPending) => {
                let before_ms = i64::try_from(before_ms).unwrap();
                store.execute("DELETE FROM events WHERE received_ms < ?1", [before_ms])?;
                Ok(Outcome::Done)
            }
            Command::Expire { before_ms } => {
                rows::expire(store, SOURCE, before_ms, 500).map(|_| Outcome::Done)
            }
            Command::Reschedule { .. } if bug == Some(Bug::WaitsForClock) => Ok(Outcome::Done),
            Command::Reschedule { now_ms, set_back } => {
                rows::reschedule(store, SOURCE, now_ms, set_back).map(|_| Outcome::Done)
            }
            Command::Replay { number, now_ms } => {
                rows::replay(store, number, now_ms).map(|_| Outcome::Done)
            }
        }
    }
}

fn settle(
    store: &Connection,
    lease: Lease,
    settlement: Settlement,
    now_ms: u64,
    bug: Option<Bug>,
) -> rusqlite::Result<bool> {
    let count = || {
        store
            .query_row("SELECT lease FROM jobs WHERE number = ?1", [lease.number], |row| row.get(0))
    };
    let lease = match bug {
        Some(Bug::SettlesAnyLease) => Lease { count: count().unwrap_or(lease.count), ..lease },
        _ => lease,
    };
    let settlement = match settlement {
        Settlement::Returned if bug == Some(Bug::CountsReturned) => {
            Settlement::Retry { due_ms: now_ms }
        }
        other => other,
    };
    let settled = rows::settle(store, lease, settlement, None, now_ms)?;
    if settled && bug == Some(Bug::SettlesTwice) {
        let back = "UPDATE jobs SET lease = ?1 WHERE number = ?2";
        store.execute(back, params![lease.count, lease.number])?;
    }
    Ok(settled)
}

fn new_event(sender: usize, received_ms: u64) -> NewEvent {
    let event = Event {
        key: format!("key-{sender}"),
        source: SOURCE.to_owned(),
        message_id: Some(sender.to_string()),
        signed_at: None,
        secret_id: "secret-1".to_owned(),
        encrypted: false,
        content_type: None,
        passed_on: "{}".to_owned(),
        payload: Vec::new(),
        storage_key_id: None,
        received_ms,
    };
    NewEvent { event, digest: Some("digest".to_owned()) }
}
