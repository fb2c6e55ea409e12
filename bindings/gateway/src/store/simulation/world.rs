//! The world of the model: senders, two gateways, an application, a clock, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::gateway::{Command, Gateway, Phase};
use super::ledger::Ledger;
use super::rules::{LEASE_MS, RETENTION_MS, Rules};
use super::{Bug, Random};
use crate::store::State;

const GATEWAYS: usize = 2;
const HOUR_MS: i64 = 3_600_000;
const BEGAN_MS: i64 = 1_700_000_000_000;
/// No schedule needs as many steps to come to an end: it would hang.
const STEPS_MAX: u32 = 100_000;

/// A sender of one event, which it repeats until it is acknowledged, and then once more.
#[derive(Default)]
pub(super) struct Sender {
    pub(super) acknowledged: u32,
    /// Requests that may still be answered.
    pub(super) waiting: u32,
}

pub(super) struct World<'a> {
    pub(super) store: &'a Connection,
    pub(super) random: Random,
    pub(super) bug: Option<Bug>,
    /// Of a clock that nobody sets, and how far the system's is ahead.
    pub(super) true_ms: i64,
    pub(super) ahead_ms: i64,
    pub(super) senders: Vec<Sender>,
    pub(super) gateways: Vec<Gateway>,
    /// Who has the open transaction.
    pub(super) writer: Option<usize>,
    pub(super) committed: Ledger,
    pub(super) ledger: Ledger,
    pub(super) rules: Rules,
    /// Whether the clock was set back, and a gateway was not there to see it.
    pub(super) blind: bool,
    /// What the application has taken.
    pub(super) seen: BTreeSet<i64>,
    /// How often it was asked to, in each life of an event.
    pub(super) asked: BTreeMap<(i64, u32), u32>,
    /// Whether anything may still go wrong.
    pub(super) faults: bool,
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

    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        let ms = self.true_ms - BEGAN_MS;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{ms:>8} ms  {}", text()));
        }
    }

    /// What a gateway reads from its clock.
    pub(super) fn now_ms(&mut self, gateway: usize) -> u64 {
        let gateway = &mut self.gateways[gateway];
        gateway.furthest_ms = gateway.furthest_ms.max(self.ahead_ms);
        u64::try_from(self.true_ms + self.ahead_ms).unwrap()
    }

    pub(super) fn ask(&mut self, gateway: usize, command: Command) {
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

    fn jump(&mut self) {
        let forward = self.random.once_in(2);
        self.ahead_ms += if forward { HOUR_MS } else { -HOUR_MS };
        self.rules.jumped = true;
        self.blind |= self.gateways.iter().any(|gateway| gateway.phase != Phase::Up);
        let ahead_ms = self.ahead_ms;
        self.note(|| format!("the clock is {ahead_ms} ms ahead"));
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
