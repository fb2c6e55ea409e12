//! The workers of the model, and the application that they deliver to.

use postseal::policy::retry;

use super::Bug;
use super::gateway::{Attempt, Command, Phase, Step};
use super::rules::MAX_AGE_MS;
use super::world::World;
use crate::store::Settlement;

impl World<'_> {
    /// One step of a worker: it takes, or goes on with an attempt.
    pub(super) fn work(&mut self, index: usize) -> Result<(), String> {
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

    /// Asks the application, and gives its status; `None` where no answer comes in time.
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
        let settlement = Settlement::after(&tried, received_ms + MAX_AGE_MS, now_ms, entropy);
        self.ask(index, Command::Settle { lease, settlement, status, now_ms });
    }
}
