//! The writers of the model: groups in a transaction, commits, and answers that may be lost.

use super::Bug;
use super::gateway::{Attempt, Command, Outcome, Step};
use super::rules::GROUP_MAX;
use super::world::World;
use crate::store::Acceptance;

impl World<'_> {
    /// One step of a writer: it begins a group, runs a command of it, or commits.
    pub(super) fn write(&mut self, index: usize) -> Result<(), String> {
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

    pub(super) fn execute(&self, statement: &str) {
        self.store.prepare_cached(statement).unwrap().execute([]).unwrap();
    }

    /// One answer of a writer arrives, or is lost.
    pub(super) fn tell(&mut self, index: usize) -> Result<(), String> {
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

    pub(super) fn check_kept(&self) -> Result<(), String> {
        let mut acknowledged = self.senders.iter().enumerate().filter(|(_, s)| s.acknowledged > 0);
        acknowledged.try_for_each(|(index, _)| self.committed.keeps(index))
    }
}
