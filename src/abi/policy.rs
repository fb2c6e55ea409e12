//! The operations of the pure policies. They keep nothing: a claim lives in the texts that go
//! through its store.

use alloc::vec::Vec;

use super::answer::{Answer, frame};
use super::options::Options;
use super::{Host, Module, instant};
use crate::error::{Code, Error};
use crate::policy::claim::{Decision, Settled, Subject, Swap, Terms};
use crate::policy::rate_limit::{self, Rule};
use crate::policy::retry::{Attempt, Next, next_attempt};
use crate::scheme::Scheme;

const BEGIN_OPTIONS: &[&str] =
    &["source", "scheme", "replay_key", "lease_seconds", "retain_seconds", "now"];
const DECIDE_OPTIONS: &[&str] = &["wanted", "current", "lease_seconds", "retain_seconds", "now"];
const CHANGE_OPTIONS: &[&str] = &["change", "held", "lease_seconds", "retain_seconds", "now"];
const SETTLE_OPTIONS: &[&str] = &["wanted", "current", "lease_seconds", "retain_seconds"];
const ATTEMPT_OPTIONS: &[&str] = &["attempt", "status", "retry_after", "max_attempts", "now"];
const LIMIT_OPTIONS: &[&str] = &["requests", "per_seconds", "tat", "now_micros"];

impl Module {
    /// The `key` of a delivery in a store, and the swap that claims it.
    pub fn claim_begin(&self, host: &mut dyn Host, request: &[u8], payload: &[u8]) -> Vec<u8> {
        frame(claim_begin(host, request, payload))
    }

    /// What follows a swap that was not made.
    pub fn claim_decide(&self, host: &mut dyn Host, request: &[u8]) -> Vec<u8> {
        frame(claim_decide(host, request))
    }

    /// The swap of a holder: `change` is `done`, `failed` or `renew`.
    pub fn claim_change(&self, host: &mut dyn Host, request: &[u8]) -> Vec<u8> {
        frame(claim_change(host, request))
    }

    /// What follows a holder's swap that was not made.
    pub fn claim_settle(&self, request: &[u8]) -> Vec<u8> {
        frame(claim_settle(request))
    }

    /// What follows an attempt to send: `decision` `retry` with `delay_ms`, or how the sending has
    /// ended.
    pub fn next_attempt(&self, host: &mut dyn Host, request: &[u8]) -> Vec<u8> {
        frame(after_attempt(host, request))
    }

    /// Whether a request may pass: `decision` `admit` with `tat` and `expires_in_seconds`, or
    /// `refuse` with `retry_after_seconds`.
    pub fn rate_limit(&self, request: &[u8]) -> Vec<u8> {
        frame(limit(request))
    }
}

fn claim_begin(host: &mut dyn Host, request: &[u8], payload: &[u8]) -> Result<Answer, Error> {
    let options = Options::all(request, BEGIN_OPTIONS)?;
    let scheme = Scheme::named(options.required("scheme")?)?;
    let (source, replay_key) = (options.required("source")?, options.required("replay_key")?);
    let subject = Subject::new(source, scheme, replay_key, payload)?;
    let terms = terms(&options)?;
    let mut token = [0; 16];
    host.entropy(&mut token)?;
    let first = terms.begin(&subject, token, instant(&options, host)?)?;
    let mut answer = Answer::ok();
    answer.fact("key", subject.key());
    add_swap(&mut answer, &first);
    Ok(answer)
}

fn claim_decide(host: &mut dyn Host, request: &[u8]) -> Result<Answer, Error> {
    let options = Options::all(request, DECIDE_OPTIONS)?;
    let (wanted, current) = (options.required("wanted")?, options.text("current")?);
    let decision = terms(&options)?.decide(wanted, current, instant(&options, host)?)?;
    let mut answer = Answer::ok();
    match &decision {
        Decision::Swap(next) => add_swap(&mut answer, next),
        _ => answer.fact("decision", decision.as_str()),
    }
    match decision {
        Decision::New { held, attempt } => {
            answer.fact("held", held);
            answer.number("attempt", attempt);
        }
        Decision::InProgress { retry_after_seconds } => {
            answer.number("retry_after_seconds", retry_after_seconds);
        }
        Decision::Swap(_) | Decision::Duplicate | Decision::Conflict => (),
    }
    Ok(answer)
}

fn claim_change(host: &mut dyn Host, request: &[u8]) -> Result<Answer, Error> {
    let options = Options::all(request, CHANGE_OPTIONS)?;
    let (terms, held) = (terms(&options)?, options.required("held")?);
    let swap = match options.required("change")? {
        "done" => terms.done(held)?,
        "failed" => terms.failed(held)?,
        "renew" => terms.renew(held, instant(&options, host)?)?,
        _ => return Err(invalid("`change` must be done, failed or renew")),
    };
    let mut answer = Answer::ok();
    add_swap(&mut answer, &swap);
    Ok(answer)
}

fn claim_settle(request: &[u8]) -> Result<Answer, Error> {
    let options = Options::all(request, SETTLE_OPTIONS)?;
    let (wanted, current) = (options.required("wanted")?, options.text("current")?);
    let settled = terms(&options)?.settle(wanted, current)?;
    let mut answer = Answer::ok();
    match &settled {
        Settled::Swap(next) => add_swap(&mut answer, next),
        Settled::Ok | Settled::Lost => answer.fact("decision", settled.as_str()),
    }
    Ok(answer)
}

fn after_attempt(host: &mut dyn Host, request: &[u8]) -> Result<Answer, Error> {
    let options = Options::all(request, ATTEMPT_OPTIONS)?;
    let attempt = Attempt {
        attempt: options.required_whole("attempt")?,
        status: options.whole("status")?,
        // What is not UTF-8 is no form of the header that is read, and comes from a stranger.
        retry_after: options.bytes("retry_after").and_then(|text| str::from_utf8(text).ok()),
        max_attempts: options.whole("max_attempts")?,
    };
    let mut random = [0; 4];
    host.entropy(&mut random)?;
    let mut answer = Answer::ok();
    match next_attempt(&attempt, instant(&options, host)?, u32::from_le_bytes(random))? {
        Next::Retry { delay_ms } => {
            answer.fact("decision", "retry");
            answer.number("delay_ms", delay_ms);
        }
        Next::Stop(outcome) => answer.fact("decision", outcome.as_str()),
    }
    Ok(answer)
}

fn limit(request: &[u8]) -> Result<Answer, Error> {
    let options = Options::all(request, LIMIT_OPTIONS)?;
    let requests = options.required_whole("requests")?;
    let rule = Rule::new(requests, options.required_whole("per_seconds")?)?;
    let now_micros = options.required_whole("now_micros")?;
    let mut answer = Answer::ok();
    match rule.decide(options.whole("tat")?, now_micros) {
        rate_limit::Decision::Admit { tat, expires_in_seconds } => {
            answer.fact("decision", "admit");
            answer.number("tat", tat);
            answer.number("expires_in_seconds", expires_in_seconds);
        }
        rate_limit::Decision::Refuse { retry_after_seconds } => {
            answer.fact("decision", "refuse");
            answer.number("retry_after_seconds", retry_after_seconds);
        }
    }
    Ok(answer)
}

fn terms(options: &Options<'_>) -> Result<Terms, Error> {
    Terms::new(options.whole("lease_seconds")?, options.whole("retain_seconds")?)
}

fn add_swap(answer: &mut Answer, swap: &Swap) {
    answer.fact("decision", "swap");
    answer.fact_if("expected", swap.expected.as_deref());
    answer.fact("next", &swap.next);
    answer.number("ttl_seconds", swap.ttl_seconds);
    answer.number("attempt", swap.attempt);
}

fn invalid(message: &'static str) -> Error {
    Error::new(Code::InvalidConfig, message)
}
