//! How a gateway of the model lives: it keeps house, is killed, ends in order, and begins again.

use super::gateway::{Attempt, Command, Gateway, Phase};
use super::rules::RETENTION_MS;
use super::world::World;
use crate::store::{SetBack, Settlement, State};

impl World<'_> {
    pub(super) fn keep_house(&mut self, index: usize) {
        if self.gateways[index].phase != Phase::Up {
            return;
        }
        self.follow_clock(index);
        let now_ms = self.now_ms(index);
        self.ask(index, Command::Expire { before_ms: now_ms - RETENTION_MS });
    }

    fn follow_clock(&mut self, index: usize) {
        let ahead_ms = self.ahead_ms;
        let gateway = &mut self.gateways[index];
        let back_ms = std::mem::replace(&mut gateway.furthest_ms, ahead_ms) - ahead_ms;
        let set_back = match u64::try_from(back_ms) {
            Ok(back_ms) if back_ms > 0 => SetBack::By { back_ms },
            _ if gateway.unsure => SetBack::Perhaps,
            _ => SetBack::No,
        };
        gateway.unsure = back_ms > 0;
        let now_ms = self.now_ms(index);
        self.ask(index, Command::Reschedule { now_ms, set_back });
    }

    pub(super) fn replay(&mut self, index: usize) {
        let ended = self.committed.entries.iter().filter(|e| e.row.state != State::Pending);
        let numbers: Vec<i64> = ended.map(|entry| entry.row.number).collect();
        if self.gateways[index].phase != Phase::Up || numbers.is_empty() {
            return;
        }
        let number = numbers[self.random.index(numbers.len())];
        let now_ms = self.now_ms(index);
        self.ask(index, Command::Replay { number, now_ms });
    }

    /// It is killed: what it has not committed is undone, and what it has in its head is gone.
    pub(super) fn crash(&mut self, index: usize) {
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

    pub(super) fn restart_or_end(&mut self, index: usize) {
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
}
