//! Accepting a delivery once: what a worker may do, from the text that a shared store holds.
//!
//! A store is one operation, atomic for each key: `swap(key, expected, next, ttl_seconds)` writes
//! `next` if the live value is `expected` (none: absent or expired), and else reports the current
//! one. This module makes the key and reads and writes the texts; whoever has the store only
//! forwards them. It calls `swap` at most [`SWAPS_MAX`](super::SWAPS_MAX) times, then gives up with
//! `store_unavailable`.
//!
//! To claim: swap what [`Terms::begin`] says. If that is not swapped, give [`Terms::decide`] the
//! text that was wanted and the current one, and swap what it says, until it is swapped or the
//! decision is final. The text that was written is the *held* one. To finish or to go on, swap what
//! [`Terms::done`], [`Terms::failed`] or [`Terms::renew`] make of the held text; if that is not
//! swapped, [`Terms::settle`] tells a lost claim from one that is still held.
//!
//! This is at-least-once. A handler runs twice if it outlives its lease, or dies between its effect
//! and `done`. To make that harmless, write the replay key and the effect in one database
//! transaction, and commit it before `done`. Leases end by the clocks of the hosts, which must
//! agree to well within a lease; a clock that is wrong makes a handler run early or late, but never
//! makes two claims `done`.
//!
//! ```
//! use postseal::policy::claim::{Decision, Subject, Terms};
//! use postseal::{Scheme, UnixTime};
//!
//! let subject = Subject::new("orders", Scheme::standard(), "evt_1", b"{}")?;
//! let terms = Terms::new(None, None)?;
//! let first = terms.begin(&subject, [7; 16], UnixTime::new(1_700_000_000)?)?;
//! assert_eq!((first.expected.as_deref(), first.attempt), (None, 1));
//! // store.swap(subject.key(), first.expected, first.next, first.ttl_seconds) has written it.
//! let held = first.next;
//!
//! // Another worker finds the text, ten seconds later.
//! let now = UnixTime::new(1_700_000_010)?;
//! let other = terms.begin(&subject, [8; 16], now)?;
//! let decision = terms.decide(&other.next, Some(&held), now)?;
//! assert_eq!(decision, Decision::InProgress { retry_after_seconds: 50 });
//!
//! // The first one is done: store.swap(subject.key(), done.expected, done.next, done.ttl_seconds).
//! let done = terms.done(&held)?;
//! assert_eq!(terms.decide(&other.next, Some(&done.next), now)?, Decision::Duplicate);
//! # Ok::<(), postseal::Error>(())
//! ```

use alloc::borrow::ToOwned;
use alloc::string::String;

use super::claim_state::{Phase, State, TOKEN_BYTES};
pub use super::claim_subject::Subject;
use super::{LEASE_SECONDS_DEFAULT, LEASE_SECONDS_MAX, RETAIN_SECONDS_DEFAULT, RETAIN_SECONDS_MAX};
use crate::error::{Code, Error};
use crate::primitives::codec::base64url;
use crate::time::UnixTime;

/// `swap` as a script for Redis, the same for every language, so that they can share a store.
///
/// `KEYS[1]` is the key. `ARGV` are what is expected and what to write, each `=` and the text, or
/// empty for none; and the seconds to live. The answer is 1, or 0 and the current text (nil: none).
pub const REDIS_SWAP_SCRIPT: &str = include_str!("claim_swap.lua");

/// How long claims are held and remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    lease_seconds: u32,
    retain_seconds: u32,
}

/// What to ask of the store: `swap(key, expected, next, ttl_seconds)`. A claim never deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// The text that must be there; `None`: none may be there.
    pub expected: Option<String>,
    /// The text to write.
    pub next: String,
    /// How long the store keeps it, in seconds.
    pub ttl_seconds: u32,
    /// The attempt that this swap begins, goes on with or ends: 1 for the first.
    pub attempt: u32,
}

/// What a worker that wants a delivery is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Try this: if it is swapped, the delivery is held with the text `next`.
    Swap(Swap),
    /// The delivery is held already: the wanted text had been written, and only the answer was
    /// lost, as when a driver reconnects and sends its command again.
    New {
        /// The held text.
        held: String,
        /// The attempt that begins: 1 for the first.
        attempt: u32,
    },
    /// It was done before.
    Duplicate,
    /// Another worker holds it.
    InProgress {
        /// Seconds until its lease ends: 1 to 86 400.
        retry_after_seconds: u32,
    },
    /// The same replay key came with another payload before.
    Conflict,
}

impl Decision {
    /// The stable name: `swap`, `new`, `duplicate`, `in_progress` or `conflict`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Decision::Swap(_) => "swap",
            Decision::New { .. } => "new",
            Decision::Duplicate => "duplicate",
            Decision::InProgress { .. } => "in_progress",
            Decision::Conflict => "conflict",
        }
    }
}

/// What became of a holder's swap that the store did not make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The claim is still held, with another text than the holder knew: try this.
    Swap(Swap),
    /// The swap was made, and only its answer was lost: all is well.
    Ok,
    /// The claim is no longer held: another worker took it over after its lease, or the store
    /// forgot it.
    Lost,
}

impl Settled {
    /// The stable name: `swap`, `ok` or `lost`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Settled::Swap(_) => "swap",
            Settled::Ok => "ok",
            Settled::Lost => "lost",
        }
    }
}

impl Terms {
    /// Terms of a lease of 1 to 86 400 seconds (60 where none is given), and a retention of 1 to
    /// 31 536 000 seconds (a week where none is given), which must not be shorter than the lease.
    ///
    /// A repeat that comes after the retention is new. It must therefore cover both tolerances of
    /// the receiver, and the time over which the sender retries.
    ///
    /// # Errors
    /// `invalid_config` outside these bounds.
    ///
    /// ```
    /// # use postseal::policy::claim::Terms;
    /// assert_eq!(Terms::new(None, None)?, Terms::new(Some(60), Some(604_800))?);
    /// assert!(Terms::new(Some(60), Some(59)).is_err());
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn new(lease_seconds: Option<u32>, retain_seconds: Option<u32>) -> Result<Self, Error> {
        let lease_seconds = lease_seconds.unwrap_or(LEASE_SECONDS_DEFAULT);
        let retain_seconds = retain_seconds.unwrap_or(RETAIN_SECONDS_DEFAULT);
        if !(1..=LEASE_SECONDS_MAX).contains(&lease_seconds) {
            return Err(Error::new(Code::InvalidConfig, "a lease must be 1 to 86400 seconds"));
        }
        if !(1..=RETAIN_SECONDS_MAX).contains(&retain_seconds) {
            return Err(Error::new(
                Code::InvalidConfig,
                "a retention must be 1 to 31536000 seconds",
            ));
        }
        if retain_seconds < lease_seconds {
            return Err(Error::new(
                Code::InvalidConfig,
                "a retention must not be shorter than the lease",
            ));
        }
        Ok(Terms { lease_seconds, retain_seconds })
    }

    /// The swap to try first: it claims a delivery of which the store knows nothing.
    ///
    /// `token` is 16 random bytes, drawn anew for every claim: the store's text shows by them whose
    /// it is.
    ///
    /// # Errors
    /// `entropy_unavailable` if the token is all zero.
    pub fn begin(
        &self,
        subject: &Subject,
        token: [u8; TOKEN_BYTES],
        now: UnixTime,
    ) -> Result<Swap, Error> {
        if token == [0; TOKEN_BYTES] {
            return Err(Error::new(
                Code::EntropyUnavailable,
                "the token of a claim is all zero: draw 16 random bytes for each claim",
            ));
        }
        Ok(self.take(None, &base64url(&token), subject.digest(), 1, now))
    }

    /// Decides after a swap that was not made. `wanted` is the text that it would have written,
    /// `current` what the store holds instead (`None`: nothing).
    ///
    /// A different payload is told first, whatever the state. Then done is a duplicate; a lease
    /// that has not ended is in progress (it ends *at* its end); and what has failed or lapsed can
    /// be taken over, with the next attempt. The lease's end is the holder's clock plus its lease.
    /// If `now` lies far before that, one of the clocks is wrong: the claim stays in progress until
    /// the store forgets it.
    ///
    /// # Errors
    /// `store_unavailable` if `current` is not a claim's text: what cannot be read is never taken
    /// for absent. `invalid_config` if `wanted` is not a pending claim's text.
    pub fn decide(
        &self,
        wanted: &str,
        current: Option<&str>,
        now: UnixTime,
    ) -> Result<Decision, Error> {
        let (State { token, digest, .. }, ..) = own_pending(wanted)?;
        let Some(text) = current else {
            return Ok(Decision::Swap(self.take(None, token, digest, 1, now)));
        };
        let state = stored(text)?;
        if digest.zip(state.digest).is_some_and(|(ours, theirs)| ours != theirs) {
            return Ok(Decision::Conflict);
        }
        Ok(match state.phase {
            Phase::Done => Decision::Duplicate,
            Phase::Pending { attempt, lease_end } if now.seconds() < lease_end => {
                if state.token == token {
                    Decision::New { held: text.to_owned(), attempt }
                } else {
                    Decision::InProgress { retry_after_seconds: seconds_until(lease_end, now) }
                }
            }
            Phase::Pending { attempt, .. } | Phase::Failed { attempt } => {
                let digest = digest.or(state.digest);
                let attempt = attempt.saturating_add(1);
                Decision::Swap(self.take(Some(text), token, digest, attempt, now))
            }
        })
    }

    /// The swap that marks a held delivery as done, remembered for the retention. It is made even
    /// after the lease has ended, unless another worker has taken the delivery over.
    ///
    /// # Errors
    /// `invalid_config` if `held` is not a pending claim's text.
    pub fn done(&self, held: &str) -> Result<Swap, Error> {
        let (state, attempt, _) = own_pending(held)?;
        Ok(self.change(held, State { phase: Phase::Done, ..state }, attempt))
    }

    /// The swap that gives a held delivery back: the next attempt may begin at once.
    ///
    /// # Errors
    /// `invalid_config` if `held` is not a pending claim's text.
    pub fn failed(&self, held: &str) -> Result<Swap, Error> {
        let (state, attempt, _) = own_pending(held)?;
        Ok(self.change(held, State { phase: Phase::Failed { attempt }, ..state }, attempt))
    }

    /// The swap that lets the lease begin anew at `now`. It never shortens the lease, whatever the
    /// clock does. Once it is made, its `next` is the held text.
    ///
    /// # Errors
    /// `invalid_config` if `held` is not a pending claim's text.
    pub fn renew(&self, held: &str, now: UnixTime) -> Result<Swap, Error> {
        let (state, attempt, lease_end) = own_pending(held)?;
        let lease_end = lease_end.max(self.lease_end(now));
        Ok(self.change(
            held,
            State { phase: Phase::Pending { attempt, lease_end }, ..state },
            attempt,
        ))
    }

    /// Decides after a holder's swap that was not made. `wanted` is the text that it would have
    /// written (the `next` of [`done`](Terms::done), [`failed`](Terms::failed) or
    /// [`renew`](Terms::renew)), `current` what the store holds instead.
    ///
    /// A claim is lost only if the store's text is another claim's, or none. A holder whose renewal
    /// was made without its knowledge (the answer was lost, or another thread renewed) still holds
    /// it.
    ///
    /// # Errors
    /// `store_unavailable` if `current` is not a claim's text. `invalid_config` if `wanted` is not
    /// one.
    ///
    /// ```
    /// # use postseal::{Scheme, UnixTime, policy::claim::{Settled, Subject, Terms}};
    /// # let subject = Subject::new("orders", Scheme::standard(), "evt_1", b"{}")?;
    /// # let terms = Terms::new(None, None)?;
    /// let held = terms.begin(&subject, [7; 16], UnixTime::new(1_700_000_000)?)?.next;
    /// let other = terms.begin(&subject, [8; 16], UnixTime::new(1_700_000_060)?)?.next;
    /// let done = terms.done(&held)?;
    /// assert_eq!(terms.settle(&done.next, Some(&done.next))?, Settled::Ok);
    /// assert_eq!(terms.settle(&done.next, Some(&other))?, Settled::Lost);
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn settle(&self, wanted: &str, current: Option<&str>) -> Result<Settled, Error> {
        let ours = own(wanted)?;
        let Some(text) = current else {
            return Ok(Settled::Lost);
        };
        if text == wanted {
            return Ok(Settled::Ok);
        }
        let theirs = stored(text)?;
        let (true, Phase::Pending { attempt, lease_end: held_until }) =
            (theirs.token == ours.token, theirs.phase)
        else {
            return Ok(Settled::Lost);
        };
        let phase = match ours.phase {
            Phase::Pending { lease_end, .. } => {
                Phase::Pending { attempt, lease_end: lease_end.max(held_until) }
            }
            Phase::Failed { .. } => Phase::Failed { attempt },
            Phase::Done => Phase::Done,
        };
        Ok(Settled::Swap(self.change(text, State { phase, ..theirs }, attempt)))
    }

    fn take(
        &self,
        expected: Option<&str>,
        token: &str,
        digest: Option<&str>,
        attempt: u32,
        now: UnixTime,
    ) -> Swap {
        let phase = Phase::Pending { attempt, lease_end: self.lease_end(now) };
        self.swap(expected, State { token, digest, phase }, attempt)
    }

    fn change(&self, held: &str, next: State<'_>, attempt: u32) -> Swap {
        self.swap(Some(held), next, attempt)
    }

    fn swap(&self, expected: Option<&str>, next: State<'_>, attempt: u32) -> Swap {
        // A pending claim is kept beyond its lease: who takes it over needs its attempt and digest.
        let lease_seconds = match next.phase {
            Phase::Pending { .. } => self.lease_seconds,
            Phase::Failed { .. } | Phase::Done => 0,
        };
        Swap {
            expected: expected.map(ToOwned::to_owned),
            next: next.text(),
            ttl_seconds: self.retain_seconds.saturating_add(lease_seconds),
            attempt,
        }
    }

    fn lease_end(&self, now: UnixTime) -> u64 {
        now.seconds().saturating_add(u64::from(self.lease_seconds))
    }
}

/// Seconds to wait for a lease that has not ended, so at least one. No lease is longer than the
/// longest: what lies beyond it is a clock that is wrong.
fn seconds_until(lease_end: u64, now: UnixTime) -> u32 {
    let seconds = lease_end.saturating_sub(now.seconds());
    u32::try_from(seconds).unwrap_or(LEASE_SECONDS_MAX).min(LEASE_SECONDS_MAX)
}

fn stored(text: &str) -> Result<State<'_>, Error> {
    State::parse(text).ok_or_else(|| {
        Error::new(
            Code::StoreUnavailable,
            "the store's value is not a claim's text: something else writes to this key",
        )
    })
}

fn own(text: &str) -> Result<State<'_>, Error> {
    State::parse(text).ok_or_else(not_held)
}

fn own_pending(text: &str) -> Result<(State<'_>, u32, u64), Error> {
    let state = own(text)?;
    match state.phase {
        Phase::Pending { attempt, lease_end } => Ok((state, attempt, lease_end)),
        Phase::Failed { .. } | Phase::Done => Err(not_held()),
    }
}

fn not_held() -> Error {
    Error::new(
        Code::InvalidConfig,
        "this is not the text that a claim's own swap would write: pass its `next` as it is",
    )
}
