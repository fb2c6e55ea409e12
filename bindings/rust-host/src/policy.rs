//! The policies of the module: claims, retries and rate limits. They keep nothing, here or there.

use postseal::policy::claim::{Decision, Settled, Swap};
use postseal::policy::rate_limit;
use postseal::policy::retry::{Attempt, Next, Outcome};
use postseal::{Error, Scheme, UnixTime};

use crate::answer::{Answer, unreadable};
use crate::exports::Exports;
use crate::host::Host;
use crate::request::Request;

const OUTCOMES: [Outcome; 4] =
    [Outcome::Delivered, Outcome::Gone, Outcome::Refused, Outcome::Exhausted];

/// How long claims are held and remembered, with the operations of
/// [`postseal::policy::claim::Terms`].
#[derive(Clone, Debug)]
pub struct Claims {
    host: Host,
    lease_seconds: Option<u32>,
    retain_seconds: Option<u32>,
}

/// What is claimed: see [`postseal::policy::claim::Subject::new`].
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The caller's name for where the delivery came in.
    pub source: &'a str,
    /// The delivery's scheme.
    pub scheme: &'a Scheme,
    /// The delivery's replay key.
    pub replay_key: &'a str,
    /// The delivery's payload.
    pub payload: &'a [u8],
}

impl Host {
    /// Claims with a lease of 60 seconds and a retention of a week, where nothing else is given.
    #[must_use]
    pub fn claims(&self, lease_seconds: Option<u32>, retain_seconds: Option<u32>) -> Claims {
        Claims { host: self.clone(), lease_seconds, retain_seconds }
    }

    /// Decides after an attempt to send, as [`postseal::policy::retry::next_attempt`] does.
    ///
    /// # Errors
    /// `invalid_config`; `entropy_unavailable`; `module_failed`.
    pub fn next_attempt(&self, attempt: &Attempt<'_>, now: UnixTime) -> Result<Next, Error> {
        let request = Request::default()
            .number("attempt", attempt.attempt)
            .number_if("status", attempt.status)
            .text_if("retry_after", attempt.retry_after)
            .number_if("max_attempts", attempt.max_attempts)
            .now(now);
        self.call(Exports::next_attempt, &request, |answer| match answer.text("decision")? {
            "retry" => Ok(Next::Retry { delay_ms: answer.number("delay_ms")? }),
            name => OUTCOMES
                .into_iter()
                .find(|outcome| outcome.as_str() == name)
                .map(Next::Stop)
                .ok_or_else(unreadable),
        })
    }

    /// Decides whether a request may pass a limit of so many requests in so many seconds, as
    /// [`postseal::policy::rate_limit::Rule::decide`] does.
    ///
    /// # Errors
    /// `invalid_config`; `module_failed`.
    pub fn rate_limit(
        &self,
        (requests, per_seconds): (u32, u32),
        tat: Option<u64>,
        now_micros: u64,
    ) -> Result<rate_limit::Decision, Error> {
        let request = Request::default()
            .number("requests", requests)
            .number("per_seconds", per_seconds)
            .number_if("tat", tat)
            .number("now_micros", now_micros);
        self.call(Exports::rate_limit, &request, |answer| match answer.text("decision")? {
            "admit" => Ok(rate_limit::Decision::Admit {
                tat: answer.number("tat")?,
                expires_in_seconds: answer.number("expires_in_seconds")?,
            }),
            "refuse" => Ok(rate_limit::Decision::Refuse {
                retry_after_seconds: answer.number("retry_after_seconds")?,
            }),
            _ => Err(unreadable()),
        })
    }
}

impl Claims {
    /// The key of a delivery in the store, and the swap that claims it.
    ///
    /// # Errors
    /// `invalid_config`; `entropy_unavailable`; `module_failed`.
    pub fn begin(&self, subject: &Subject<'_>, now: UnixTime) -> Result<(String, Swap), Error> {
        let request = self
            .request()
            .text("source", subject.source)
            .text("scheme", subject.scheme.name())
            .text("replay_key", subject.replay_key)
            .now(now)
            .frame();
        let read = |answer: Answer<'_>| Ok((answer.text("key")?.to_owned(), swap(&answer)?));
        self.host.pool.borrow()?.run(|instance| {
            instance.on_payload(Exports::claim_begin, [&request, subject.payload], read)
        })
    }

    /// Decides after a swap that was not made.
    ///
    /// # Errors
    /// `store_unavailable`; `invalid_config`; `module_failed`.
    pub fn decide(
        &self,
        wanted: &str,
        current: Option<&str>,
        now: UnixTime,
    ) -> Result<Decision, Error> {
        let request = self.request().text("wanted", wanted).text_if("current", current).now(now);
        self.host.call(Exports::claim_decide, &request, |answer| match answer.text("decision")? {
            "swap" => Ok(Decision::Swap(swap(&answer)?)),
            "new" => Ok(Decision::New {
                held: answer.text("held")?.to_owned(),
                attempt: answer.number("attempt")?,
            }),
            name if name == Decision::Duplicate.as_str() => Ok(Decision::Duplicate),
            "in_progress" => {
                let retry_after_seconds = answer.number("retry_after_seconds")?;
                Ok(Decision::InProgress { retry_after_seconds })
            }
            name if name == Decision::Conflict.as_str() => Ok(Decision::Conflict),
            _ => Err(unreadable()),
        })
    }

    /// The swap that marks a held delivery as done.
    ///
    /// # Errors
    /// `invalid_config`; `module_failed`.
    pub fn done(&self, held: &str) -> Result<Swap, Error> {
        self.change(self.request().text("change", "done").text("held", held))
    }

    /// The swap that gives a held delivery back.
    ///
    /// # Errors
    /// `invalid_config`; `module_failed`.
    pub fn failed(&self, held: &str) -> Result<Swap, Error> {
        self.change(self.request().text("change", "failed").text("held", held))
    }

    /// The swap that holds a delivery for another lease.
    ///
    /// # Errors
    /// `invalid_config`; `module_failed`.
    pub fn renew(&self, held: &str, now: UnixTime) -> Result<Swap, Error> {
        self.change(self.request().text("change", "renew").text("held", held).now(now))
    }

    /// Decides after a holder's swap that was not made.
    ///
    /// # Errors
    /// `store_unavailable`; `invalid_config`; `module_failed`.
    pub fn settle(&self, wanted: &str, current: Option<&str>) -> Result<Settled, Error> {
        let request = self.request().text("wanted", wanted).text_if("current", current);
        self.host.call(Exports::claim_settle, &request, |answer| match answer.text("decision")? {
            "swap" => Ok(Settled::Swap(swap(&answer)?)),
            name if name == Settled::Ok.as_str() => Ok(Settled::Ok),
            name if name == Settled::Lost.as_str() => Ok(Settled::Lost),
            _ => Err(unreadable()),
        })
    }

    fn change(&self, request: Request) -> Result<Swap, Error> {
        self.host.call(Exports::claim_change, &request, |answer| swap(&answer))
    }

    fn request(&self) -> Request {
        Request::default()
            .number_if("lease_seconds", self.lease_seconds)
            .number_if("retain_seconds", self.retain_seconds)
    }
}

impl core::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Subject")
            .field("source", &self.source)
            .field("payload_bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

fn swap(answer: &Answer<'_>) -> Result<Swap, Error> {
    Ok(Swap {
        expected: answer.text_if("expected")?.map(str::to_owned),
        next: answer.text("next")?.to_owned(),
        ttl_seconds: answer.number("ttl_seconds")?,
        attempt: answer.number("attempt")?,
    })
}
