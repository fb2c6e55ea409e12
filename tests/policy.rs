//! Runs the vectors of the policies: every file in `tests/vectors/policy/`, every case, every
//! member.
//!
//! What vectors cannot say is beside: all interleavings of workers that claim one delivery, and the
//! bound of a rate limit in every window of long sequences.

#[path = "policy/claim_races.rs"]
mod claim_races;
#[path = "policy/rate_limit_windows.rs"]
mod rate_limit_windows;
mod support;

use postseal::policy::claim::{Decision, Settled, Subject, Swap, Terms};
use postseal::policy::rate_limit::{self, Rule};
use postseal::policy::retry::{Attempt, Next, next_attempt};
use postseal::{Error, Scheme, UnixTime};
use support::policies::{
    BeginInput, DecideInput, FinishInput, Policies, RenewInput, SettleInput, SubjectInput, run_all,
};

#[test]
fn every_case_of_every_file() {
    run_all(&Native);
}

/// The core itself.
struct Native;

impl Policies for Native {
    fn subject(&self, input: &SubjectInput) -> Result<(String, Option<String>), Error> {
        let subject = claimed(&input.source, &input.scheme, &input.replay_key, &input.payload)?;
        Ok((subject.key().to_owned(), subject.digest().map(str::to_owned)))
    }

    fn begin(&self, input: &BeginInput, token: [u8; 16], now: UnixTime) -> Result<Swap, Error> {
        let terms = Terms::new(input.lease_seconds, input.retain_seconds)?;
        let subject = claimed(&input.source, &input.scheme, &input.replay_key, &input.payload)?;
        terms.begin(&subject, token, now)
    }

    fn decide(&self, input: &DecideInput, now: UnixTime) -> Result<Decision, Error> {
        let terms = Terms::new(input.lease_seconds, input.retain_seconds)?;
        terms.decide(&input.wanted, input.current.as_deref(), now)
    }

    fn done(&self, input: &FinishInput) -> Result<Swap, Error> {
        Terms::new(input.lease_seconds, input.retain_seconds)?.done(&input.held)
    }

    fn failed(&self, input: &FinishInput) -> Result<Swap, Error> {
        Terms::new(input.lease_seconds, input.retain_seconds)?.failed(&input.held)
    }

    fn renew(&self, input: &RenewInput, now: UnixTime) -> Result<Swap, Error> {
        Terms::new(input.lease_seconds, input.retain_seconds)?.renew(&input.held, now)
    }

    fn settle(&self, input: &SettleInput) -> Result<Settled, Error> {
        let terms = Terms::new(input.lease_seconds, input.retain_seconds)?;
        terms.settle(&input.wanted, input.current.as_deref())
    }

    fn next_attempt(
        &self,
        attempt: &Attempt<'_>,
        now: UnixTime,
        entropy: u32,
    ) -> Result<Next, Error> {
        next_attempt(attempt, now, entropy)
    }

    fn rate_limit(
        &self,
        (requests, per_seconds): (u32, u32),
        tat: Option<u64>,
        now_micros: u64,
    ) -> Result<rate_limit::Decision, Error> {
        Ok(Rule::new(requests, per_seconds)?.decide(tat, now_micros))
    }
}

fn claimed(source: &str, scheme: &str, replay_key: &str, payload: &str) -> Result<Subject, Error> {
    Subject::new(source, Scheme::named(scheme).unwrap(), replay_key, payload.as_bytes())
}
