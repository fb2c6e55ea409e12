//! The world of the model: senders, two gateways, an application, a clock, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};

use postseal::policy::retry;
use rusqlite::Connection;

use super::gateway::{Attempt, Command, Gateway, Outcome, Phase, Step};
use super::ledger::{Ledger, Rules};
use super::{Bug, Random};
use crate::store::{Acceptance, Settlement, State};
use crate::worker;

pub(super) const SOURCE: &str = "orders";
pub(super) const LEASE_MS: u64 = 16_000;
pub(super) const MAX_AGE_MS: u64 = 2_000_000;
/// Of the attempts that there are in a schedule.
pub(super) const BACKOFF_MS_MAX: u64 = 4000;
/// Attempts of a gateway at once.
pub(super) const SLOTS: usize = 2;
const RETENTION_MS: u64 = 600_000;
const GATEWAYS: usize = 2;
const GROUP_MAX: usize = 4;
const HOUR_MS: i64 = 3_600_000;
const BEGAN_MS: i64 = 1_700_000_000_000;
/// No schedule needs as many steps to come to an end: it would hang.
const STEPS_MAX: u32 = 100_000;

/// A sender of one event, which it repeats until it is acknowledged, and then once more.
#[derive(Default)]
struct Sender {
    acknowledged: u32,
    /// Requests that may still be answered.
    waiting: u32,
}

pub(super) struct World<'a> {
    store: &'a Connection,
    pub(super) random: Random,
    bug: Option<Bug>,
    /// Of a clock that nobody sets, and how far the system's is ahead.
    true_ms: i64,
    ahead_ms: i64,
    senders: Vec<Sender>,
    gateways: Vec<Gateway>,
    /// Who has the open transaction.
    writer: Option<usize>,
    committed: Ledger,
    ledger: Ledger,
    rules: Rules,
    /// Whether the clock was set back, and a gateway was not there to see it.
    blind: bool,
    /// What the application has taken.
    seen: BTreeSet<i64>,
    /// How often it was asked to, in each life of an event.
    asked: BTreeMap<(i64, u32), u32>,
    /// Whether anything may still go wrong.
    faults: bool,
    pub(super) trace: Option<Vec<String>>,
}

impl<'a> World<'a> {
    pub(super) fn new(store: &'a Connection, seed: u64, bug: Option<Bug>, traced: bool) -> Self {
        let mut random = Random(seed);
        let senders = 2 + random.index(3);
        let attempts_max = 2 + u32::try_from(random.below(2)).unwrap();
        World {
            store,
            random,
            bug,
            true_ms: BEGAN_MS,
            ahead_ms: 0,
            senders: (0..senders).map(|_| Sender::default()).collect(),
            gateways: (0..GATEWAYS).map(|_| Gateway::begin(0)).collect(),
            writer: None,
            committed: Ledger::new(senders),
            ledger: Ledger::new(senders),
            rules: Rules { attempts_max, jumped: false },
            blind: false,
            seen: BTreeSet::new(),
            asked: BTreeMap::new(),
            faults: true,
            trace: traced.then(Vec::new),
        }
    }

    /// Runs the schedule to its end.
    pub(super) fn run(&mut self) -> Result<(), String> {
        let jumps = self.random.once_in(3);
        for _ in 0..60 + self.random.below(120) {
            self.step(jumps)?;
        }
        self.note(|| "no more faults".to_owned());
        self.faults = false;
        self.end()
    }

    fn step(&mut self, jumps: bool) -> Result<(), String> {
        let gateway = self.random.index(GATEWAYS);
        match self.random.below(100) {
            0..14 => self.send(gateway),
            14..48 => return self.write(gateway),
            48..64 => return self.tell(gateway),
            64..84 => return self.work(gateway),
            84..89 => self.true_ms += i64::try_from(self.random.below(2000)).unwrap(),
            89..91 => self.true_ms += i64::try_from(self.random.below(2 * LEASE_MS)).unwrap(),
            91 => self.true_ms += i64::try_from(self.random.below(RETENTION_MS)).unwrap(),
            92..94 => self.keep_house(gateway),
            94 => self.crash(gateway),
            95..97 => self.restart_or_end(gateway),
            97 => self.replay(gateway),
            98 if jumps => self.jump(),
            _ => {}
        }
        Ok(())
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        let ms = self.true_ms - BEGAN_MS;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{ms:>8} ms  {}", text()));
        }
    }

    /// What a gateway reads from its clock.
    fn now_ms(&mut self, gateway: usize) -> u64 {
        let gateway = &mut self.gateways[gateway];
        gateway.furthest_ms = gateway.furthest_ms.max(self.ahead_ms);
        u64::try_from(self.true_ms + self.ahead_ms).unwrap()
    }

    fn ask(&mut self, gateway: usize, command: Command) {
        self.note(|| format!("g{gateway} is asked for {command:?}"));
        self.gateways[gateway].queue.push_back(command);
    }

    fn send(&mut self, gateway: usize) {
        let index = self.random.index(self.senders.len());
        let again = self.faults && self.random.once_in(4);
        let sender = &mut self.senders[index];
        let up = self.gateways[gateway].phase == Phase::Up;
        if !up || sender.acknowledged >= 2 || sender.waiting > 0 && !again {
            return;
        }
        sender.waiting += 1;
        let received_ms = self.now_ms(gateway);
        self.ask(gateway, Command::Accept { sender: index, received_ms });
    }

    /// One step of a writer: it begins a group, runs a command of it, or commits.
    fn write(&mut self, index: usize) -> Result<(), String> {
        if self.writer.is_some_and(|writer| writer != index) {
            return Ok(());
        }
        let commits = self.random.once_in(3);
        let gateway = &mut self.gateways[index];
        let Some(group) = &mut gateway.group else {
            if !gateway.queue.is_empty() {
                self.execute("BEGIN IMMEDIATE");
                self.gateways[index].group = Some(Vec::new());
                self.writer = Some(index);
            }
            return Ok(());
        };
        let full = group.len() >= GROUP_MAX || commits && !group.is_empty();
        let next = if full { None } else { gateway.queue.pop_front() };
        let Some(command) = next else { return self.commit(index) };
        let outcome = command.run(self.store, self.bug).map_err(|why| why.to_string())?;
        self.note(|| format!("g{index} runs {command:?}: {outcome:?}"));
        self.ledger.follow(self.store, &command, &outcome, &self.rules)?;
        let gateway = &mut self.gateways[index];
        match self.bug {
            Some(Bug::AnswersBeforeCommit) => gateway.answers.push((command, outcome)),
            _ => gateway.group.as_mut().unwrap().push((command, outcome)),
        }
        Ok(())
    }

    fn commit(&mut self, index: usize) -> Result<(), String> {
        self.execute("COMMIT");
        self.note(|| format!("g{index} commits"));
        self.writer = None;
        self.committed = self.ledger.clone();
        let gateway = &mut self.gateways[index];
        gateway.answers.extend(gateway.group.take().unwrap());
        self.check_kept()
    }

    fn execute(&self, statement: &str) {
        self.store.prepare_cached(statement).unwrap().execute([]).unwrap();
    }

    fn check_kept(&self) -> Result<(), String> {
        let mut acknowledged = self.senders.iter().enumerate().filter(|(_, s)| s.acknowledged > 0);
        acknowledged.try_for_each(|(index, _)| self.committed.keeps(index))
    }

    /// One answer of a writer arrives, or is lost.
    fn tell(&mut self, index: usize) -> Result<(), String> {
        let answers = self.gateways[index].answers.len();
        if answers == 0 {
            return Ok(());
        }
        let at = self.random.index(answers);
        let (command, outcome) = self.gateways[index].answers.remove(at);
        self.note(|| format!("g{index} tells of {command:?}: {outcome:?}"));
        match (command, outcome) {
            (Command::Accept { sender, .. }, Outcome::Accepted(acceptance)) => {
                self.senders[sender].waiting -= 1;
                let lost = self.faults && self.random.once_in(8);
                if !lost && acceptance != Acceptance::Conflict {
                    self.senders[sender].acknowledged += 1;
                    return self.check_kept();
                }
            }
            (Command::Take { .. }, Outcome::Taken(jobs)) => {
                self.gateways[index].taking = false;
                for (lease, sender) in jobs {
                    let replays = self.ledger.entry(lease.number).map_or(0, |entry| entry.replays);
                    let attempt = Attempt { lease, sender, replays, step: Step::Leased };
                    self.gateways[index].attempts.push(attempt);
                }
            }
            (Command::Settle { lease, .. }, _) => {
                self.gateways[index].attempts.retain(|attempt| attempt.lease != lease);
            }
            _ => {}
        }
        Ok(())
    }

    /// One step of a worker: it takes, or goes on with an attempt.
    fn work(&mut self, index: usize) -> Result<(), String> {
        let gateway = &self.gateways[index];
        if gateway.phase == Phase::Down {
            return Ok(());
        }
        let steps = gateway.attempts.len() + usize::from(gateway.may_take());
        if steps == 0 {
            return Ok(());
        }
        let at = self.random.index(steps);
        let Some(attempt) = self.gateways[index].attempts.get(at).cloned() else {
            self.gateways[index].taking = true;
            let now_ms = self.now_ms(index);
            self.ask(index, Command::Take { now_ms });
            return Ok(());
        };
        let next = match attempt.step {
            Step::Leased => Step::Answered(self.deliver(index, &attempt)?),
            Step::Answered(status) => {
                self.settle(index, &attempt, status);
                Step::Settling
            }
            Step::Settling => Step::Settling,
        };
        self.gateways[index].attempts[at].step = next;
        Ok(())
    }

    /// Asks the application, and gives its status; `None` where the answer comes too late, or never.
    fn deliver(&mut self, index: usize, attempt: &Attempt) -> Result<Option<u16>, String> {
        let Attempt { lease, sender, replays, .. } = *attempt;
        if lease.attempt > self.rules.attempts_max && self.bug != Some(Bug::TriesForEver) {
            return Ok(None);
        }
        let (status, taken) = match self.random.below(if self.faults { 8 } else { 1 }) {
            0..3 => (Some(204), true),
            3 => (None, true),
            4 => (None, false),
            5..7 => (Some(503), false),
            _ => (Some(410), false),
        };
        self.note(|| format!("g{index} delivers e{sender}, {lease:?}: {status:?}, {taken}"));
        if taken {
            self.seen.insert(lease.number);
        }
        let asked = self.asked.entry((lease.number, replays)).or_default();
        *asked += 1;
        let returned = self.ledger.entry(lease.number).map_or(0, |entry| entry.returned);
        if *asked > self.rules.attempts_max + returned {
            return Err(format!("{lease:?} was delivered {asked} times"));
        }
        Ok(status)
    }

    fn settle(&mut self, index: usize, attempt: &Attempt, status: Option<u16>) {
        let now_ms = self.now_ms(index);
        let Attempt { lease, .. } = *attempt;
        let received_ms = self.committed.entry(lease.number).map_or(0, |entry| entry.received_ms());
        let entropy = u32::try_from(self.random.below(1 << 32)).unwrap();
        let tried = retry::Attempt {
            attempt: lease.attempt,
            status,
            retry_after: None,
            max_attempts: Some(self.rules.attempts_max),
        };
        let settlement = worker::settlement(&tried, received_ms + MAX_AGE_MS, now_ms, entropy);
        self.ask(index, Command::Settle { lease, settlement, status, now_ms });
    }

    fn keep_house(&mut self, index: usize) {
        if self.gateways[index].phase != Phase::Up {
            return;
        }
        self.follow_clock(index);
        let now_ms = self.now_ms(index);
        self.ask(index, Command::Expire { before_ms: now_ms - RETENTION_MS });
    }

    fn follow_clock(&mut self, index: usize) {
        let back_ms = self.gateways[index].furthest_ms - self.ahead_ms;
        self.gateways[index].furthest_ms = self.ahead_ms;
        let now_ms = self.now_ms(index);
        let back_ms = u64::try_from(back_ms).unwrap_or(0);
        self.ask(index, Command::Reschedule { now_ms, back_ms });
    }

    fn replay(&mut self, index: usize) {
        let ended = self.committed.entries.iter().filter(|e| e.row.state != State::Pending);
        let numbers: Vec<i64> = ended.map(|entry| entry.row.number).collect();
        if self.gateways[index].phase != Phase::Up || numbers.is_empty() {
            return;
        }
        let number = numbers[self.random.index(numbers.len())];
        let now_ms = self.now_ms(index);
        self.ask(index, Command::Replay { number, now_ms });
    }

    fn jump(&mut self) {
        let forward = self.random.once_in(2);
        self.ahead_ms += if forward { HOUR_MS } else { -HOUR_MS };
        self.rules.jumped = true;
        self.blind |= self.gateways.iter().any(|gateway| gateway.phase != Phase::Up);
        let ahead_ms = self.ahead_ms;
        self.note(|| format!("the clock is {ahead_ms} ms ahead"));
    }

    /// It is killed: what it has not committed is undone, and what it has in its head is gone.
    fn crash(&mut self, index: usize) {
        if self.gateways[index].phase == Phase::Down {
            return;
        }
        self.note(|| format!("g{index} is killed"));
        if self.writer == Some(index) {
            self.execute("ROLLBACK");
            self.writer = None;
            self.ledger = self.committed.clone();
        }
        self.go_down(index);
    }

    fn go_down(&mut self, index: usize) {
        let gateway = std::mem::replace(&mut self.gateways[index], Gateway::begin(0));
        self.gateways[index].phase = Phase::Down;
        gateway.unanswered().for_each(|sender| self.senders[sender].waiting -= 1);
        // It has not seen that the clock was set back, or not told the store, and now will not.
        self.blind |= gateway.furthest_ms > self.ahead_ms || gateway.was_to_follow();
    }

    fn restart_or_end(&mut self, index: usize) {
        match self.gateways[index].phase {
            Phase::Down => {
                self.note(|| format!("g{index} begins"));
                self.gateways[index] = Gateway::begin(self.ahead_ms);
            }
            Phase::Up => {
                self.note(|| format!("g{index} is told to end"));
                self.gateways[index].phase = Phase::Ending;
                self.follow_clock(index);
            }
            Phase::Ending if !self.gateways[index].taking => {
                let now_ms = self.now_ms(index);
                let settlement = Settlement::Returned;
                for Attempt { lease, .. } in self.gateways[index].attempts.clone() {
                    self.ask(index, Command::Settle { lease, settlement, status: None, now_ms });
                }
                self.gateways[index].phase = Phase::GaveBack;
            }
            Phase::GaveBack if self.gateways[index].is_quiet() => {
                self.note(|| format!("g{index} has ended"));
                self.go_down(index);
            }
            Phase::Ending | Phase::GaveBack => {}
        }
    }

    /// Lets everybody end what they have begun: nothing may be left, and nothing may wait for long.
    fn end(&mut self) -> Result<(), String> {
        let began_ms = self.true_ms;
        let mut kept_house = false;
        for _ in 0..STEPS_MAX {
            let quiet = self.gateways.iter().all(|g| g.phase == Phase::Up && g.is_quiet());
            let idle = quiet && self.gateways.iter().all(|gateway| gateway.attempts.is_empty());
            let sent = self.senders.iter().all(|sender| sender.acknowledged >= 2);
            let due_ms = self.committed.pending().map(|entry| entry.row.due_ms).min();
            let now_ms = u64::try_from(self.true_ms + self.ahead_ms).unwrap();
            match due_ms {
                _ if !idle => {}
                _ if !kept_house => {
                    (0..GATEWAYS).for_each(|gateway| self.keep_house(gateway));
                    kept_house = true;
                }
                None if sent => return self.check_end(),
                Some(due_ms) if due_ms > now_ms && sent => {
                    self.true_ms += i64::try_from(due_ms - now_ms).unwrap();
                }
                _ => {}
            }
            let unseen_ms = if self.blind { HOUR_MS } else { 0 };
            let patience_ms = unseen_ms + i64::try_from(2 * LEASE_MS).unwrap();
            if self.true_ms - began_ms > patience_ms {
                return Err(format!("something waits for more than {patience_ms} ms"));
            }
            let gateway = self.random.index(GATEWAYS);
            if self.gateways[gateway].phase != Phase::Up {
                self.restart_or_end(gateway);
            }
            self.send(gateway);
            self.work_if_due(gateway, due_ms.is_some_and(|due_ms| due_ms <= now_ms))?;
            self.write(gateway)?;
            self.tell(gateway)?;
        }
        Err("it does not end".to_owned())
    }

    /// Nobody takes where nothing is due: it would never be quiet.
    fn work_if_due(&mut self, gateway: usize, due: bool) -> Result<(), String> {
        let busy = !self.gateways[gateway].attempts.is_empty();
        if due || busy { self.work(gateway) } else { Ok(()) }
    }

    fn check_end(&self) -> Result<(), String> {
        self.check_kept()?;
        for entry in &self.committed.entries {
            let number = entry.row.number;
            if entry.row.state != State::Dead && !self.seen.contains(&number) {
                return Err(format!("{number} was acknowledged, and never seen"));
            }
        }
        Ok(())
    }
}
