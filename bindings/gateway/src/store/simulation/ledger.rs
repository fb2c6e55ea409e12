//! What the store has, who has which lease, and what must hold of both after each command.

use rusqlite::Connection;

use super::gateway::{Command, Outcome};
use super::rules::{BACKOFF_MS_MAX, DELAY_MS_MAX, LEASE_MS, MAX_AGE_MS, Rules};
use crate::store::{Acceptance, Lease, SetBack, Settlement, State};

/// An event and its job, as they stand in the store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) number: i64,
    pub(super) sender: usize,
    received_ms: u64,
    pub(super) state: State,
    attempts: i64,
    pub(super) due_ms: u64,
}

/// A row, and what the store need not know of it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) row: Row,
    /// The lease that was given last, until it is settled; and its end.
    lease: Option<(i64, u64)>,
    /// The highest count that any lease had.
    count: i64,
    /// How often it was taken, and not given back, since it was accepted or replayed.
    tried: u32,
    pub(super) returned: u32,
    pub(super) replays: u32,
}

/// What is known of the store. A rollback goes back to an older one.
#[derive(Clone, Default)]
pub(super) struct Ledger {
    pub(super) entries: Vec<Entry>,
    /// By sender: whether its event had ended, and its retention had passed.
    forgotten: Vec<bool>,
}

impl Ledger {
    pub(super) fn new(senders: usize) -> Self {
        Ledger { entries: Vec::new(), forgotten: vec![false; senders] }
    }

    pub(super) fn entry(&self, number: i64) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.row.number == number)
    }

    pub(super) fn of_sender(&self, sender: usize) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.row.sender == sender)
    }

    pub(super) fn pending(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.row.state == State::Pending)
    }

    /// What was acknowledged is there, unless it was kept for as long as it must be.
    pub(super) fn keeps(&self, sender: usize) -> Result<(), String> {
        let kept = self.of_sender(sender).is_some() || self.forgotten[sender];
        kept.then_some(()).ok_or_else(|| format!("e{sender} was acknowledged, and is not there"))
    }

    /// Takes in what a command has done.
    pub(super) fn follow(
        &mut self,
        store: &Connection,
        command: &Command,
        outcome: &Outcome,
        rules: &Rules,
    ) -> Result<(), String> {
        let rows = rows(store)?;
        let before = std::mem::take(&mut self.entries);
        for entry in &before {
            if !rows.iter().any(|row| row.number == entry.row.number) {
                may_expire(entry, command)?;
                self.forgotten[entry.row.sender] = true;
            }
        }
        for row in rows {
            let entry = match before.iter().find(|entry| entry.row.number == row.number) {
                Some(entry) => entry.followed(row, command, outcome, rules)?,
                None => self.accepted(row, &before, command, outcome)?,
            };
            self.entries.push(entry);
        }
        if let (Command::Accept { sender, .. }, Outcome::Accepted(acceptance)) = (command, outcome)
        {
            let was_there = before.iter().any(|entry| entry.row.sender == *sender);
            let right = match acceptance {
                Acceptance::Accepted => !was_there && self.of_sender(*sender).is_some(),
                Acceptance::Duplicate => was_there,
                Acceptance::Conflict => false,
            };
            let wrong = || format!("e{sender} was {acceptance:?}; it was there: {was_there}");
            right.then_some(()).ok_or_else(wrong)?;
        }
        Ok(())
    }

    fn accepted(
        &mut self,
        row: Row,
        before: &[Entry],
        command: &Command,
        outcome: &Outcome,
    ) -> Result<Entry, String> {
        let accepted = matches!(outcome, Outcome::Accepted(Acceptance::Accepted))
            && matches!(command, Command::Accept { sender, .. } if *sender == row.sender);
        let once = before.iter().all(|entry| entry.row.sender != row.sender);
        if !accepted || !once || row.state != State::Pending || row.attempts != 0 {
            return Err(format!("{row:?} has come of {command:?}"));
        }
        self.forgotten[row.sender] = false;
        Ok(Entry { row, lease: None, count: 0, tried: 0, returned: 0, replays: 0 })
    }
}

impl Entry {
    pub(super) fn received_ms(&self) -> u64 {
        self.row.received_ms
    }

    /// The same event after a command that may have changed its row.
    fn followed(
        &self,
        row: Row,
        command: &Command,
        outcome: &Outcome,
        rules: &Rules,
    ) -> Result<Entry, String> {
        let number = self.row.number;
        let mut entry = Entry { row, ..self.clone() };
        match (command, outcome) {
            (Command::Take { now_ms }, Outcome::Taken(jobs)) => {
                if let Some((lease, _)) = jobs.iter().find(|(lease, _)| lease.number == number) {
                    entry.taken(*lease, *now_ms, rules)?;
                    return Ok(entry);
                }
            }
            (Command::Settle { lease, settlement, status, now_ms }, Outcome::Settled(true))
                if lease.number == number =>
            {
                self.may_settle(*lease)?;
                self.may_die(*settlement, *status, *now_ms, rules)?;
                entry.settled(self, *settlement, *now_ms)?;
                return Ok(entry);
            }
            (Command::Replay { number: replayed, .. }, _)
                if *replayed == number && self.row.state != State::Pending =>
            {
                let fresh = entry.row.state == State::Pending && entry.row.attempts == 0;
                entry = Entry { lease: None, tried: 0, replays: self.replays + 1, ..entry };
                return fresh.then_some(entry).ok_or_else(|| format!("{number} is not replayed"));
            }
            (Command::Reschedule { now_ms, set_back }, _) if self.row.state == State::Pending => {
                let due_ms = entry.row.due_ms;
                let sooner =
                    due_ms == self.row.due_ms || (*now_ms..self.row.due_ms).contains(&due_ms);
                let untried = entry.row.attempts == 0 && !matches!(set_back, SetBack::No);
                let longest_ms = if untried { 0 } else { DELAY_MS_MAX };
                let row = Row { due_ms, ..self.row.clone() };
                let right = sooner && due_ms <= now_ms + longest_ms && row == entry.row;
                let late = || format!("{command:?} leaves {:?}", entry.row);
                right.then_some(()).ok_or_else(late)?;
                return Ok(entry);
            }
            _ => {}
        }
        let same = entry.row == self.row;
        let changed = || format!("{command:?} has made {:?} of {:?}", entry.row, self.row);
        same.then_some(()).ok_or_else(changed)?;
        Ok(entry)
    }

    fn taken(&mut self, lease: Lease, now_ms: u64, rules: &Rules) -> Result<(), String> {
        let number = lease.number;
        if self.row.state != State::Pending || lease.count <= self.count {
            return Err(format!("{number} was taken as {lease:?}"));
        }
        if let Some((count, end_ms)) = self.lease
            && now_ms < end_ms
            && !rules.jumped
        {
            return Err(format!("{number} was taken while lease {count} held"));
        }
        self.lease = Some((lease.count, now_ms + LEASE_MS));
        self.count = lease.count;
        self.tried += 1;
        Ok(())
    }

    fn may_settle(&self, lease: Lease) -> Result<(), String> {
        let holds = self.lease.is_some_and(|(count, _)| count == lease.count);
        let lost = || format!("{lease:?} was lost or settled, and has settled {:?}", self.row);
        (holds && self.row.state == State::Pending).then_some(()).ok_or_else(lost)
    }

    /// A dead letter is what the application wants no more, or what was tried often or long enough.
    fn may_die(
        &self,
        settlement: Settlement,
        status: Option<u16>,
        now_ms: u64,
        rules: &Rules,
    ) -> Result<(), String> {
        let old = now_ms + BACKOFF_MS_MAX > self.row.received_ms + MAX_AGE_MS;
        let may = status == Some(410) || self.tried >= rules.attempts_max || old;
        let early = || format!("{} was given up after {} tries", self.row.number, self.tried);
        (settlement != Settlement::Dead || may).then_some(()).ok_or_else(early)
    }

    fn settled(&mut self, before: &Entry, what: Settlement, now_ms: u64) -> Result<(), String> {
        let Row { state, attempts, due_ms, .. } = self.row;
        let made = before.row.attempts;
        let right = match what {
            Settlement::Delivered => state == State::Delivered && attempts == made,
            Settlement::Dead => state == State::Dead && attempts == made,
            Settlement::Retry { due_ms: due } => {
                (state, attempts, due_ms) == (State::Pending, made, due)
            }
            Settlement::Returned => (state, attempts, due_ms) == (State::Pending, made - 1, now_ms),
        };
        if what == Settlement::Returned {
            self.tried -= 1;
            self.returned += 1;
        }
        self.lease = None;
        right.then_some(()).ok_or_else(|| format!("{what:?} has made {:?}", self.row))
    }
}

/// Whether an event may be gone.
fn may_expire(entry: &Entry, command: &Command) -> Result<(), String> {
    let Row { state, received_ms, .. } = entry.row;
    let may = state != State::Pending
        && matches!(command, Command::Expire { before_ms } if received_ms < *before_ms);
    may.then_some(()).ok_or_else(|| format!("{command:?} has removed {:?}", entry.row))
}

fn rows(store: &Connection) -> Result<Vec<Row>, String> {
    let mut select = store
        .prepare_cached(
            "SELECT number, message_id, events.received_ms, state, attempts, due_ms
             FROM events LEFT JOIN jobs USING (number) ORDER BY number",
        )
        .unwrap();
    let rows = select.query_map([], |row| {
        let state: String = row.get(3)?;
        Ok(Row {
            number: row.get(0)?,
            sender: row.get::<_, String>(1)?.parse().unwrap(),
            received_ms: u64::try_from(row.get::<_, i64>(2)?).unwrap(),
            state: State::named(&state).unwrap(),
            attempts: row.get(4)?,
            due_ms: u64::try_from(row.get::<_, i64>(5)?).unwrap(),
        })
    });
    rows.unwrap().collect::<Result<_, _>>().map_err(|why| format!("the rows are not whole: {why}"))
}
