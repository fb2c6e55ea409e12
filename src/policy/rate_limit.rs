//! A rate limit: the generic cell rate algorithm, in microseconds, with a burst of all its
//! requests.
//!
//! Its state is one number for each limited key, the *theoretical arrival time* (`tat`): when the
//! admitted requests would have come, had they come evenly. Whoever has the store reads it, decides
//! and writes it in one atomic step, on one clock: the store's, where several hosts share it.
//!
//! SPEC: ITU-T I.371, annex A, the virtual scheduling algorithm.

use super::{LIMIT_PER_SECONDS_MAX, LIMIT_REQUESTS_MAX};
use crate::error::{Code, Error};

const SECOND_MICROS: u64 = 1_000_000;

/// [`Rule::decide`] as a script for Redis 5 and later, the same for every language: it reads the
/// state, decides and writes in one atomic step, on the server's clock.
///
/// `KEYS[1]` is `postseal:limit:v1:{requests}/{per_seconds}:` and what is limited, so that no two
/// rules share a state. `ARGV` are `requests` and `per_seconds`. The answer is 1 and
/// `expires_in_seconds` for [`Decision::Admit`], 0 and `retry_after_seconds` for
/// [`Decision::Refuse`]. Every write sets the expiry. A rule out of bounds, or a value that is no
/// state, is an error of the script.
pub const REDIS_SCRIPT: &str = include_str!("rate_limit.lua");

/// How many requests may pass, and in what time.
///
/// In any window of `w` seconds, at most `requests + w · requests / per_seconds` are admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    emission_micros: u64,
    burst_micros: u64,
}

/// Whether a request may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may pass: write the new state.
    Admit {
        /// The new theoretical arrival time, in microseconds on the clock of `now`.
        tat: u64,
        /// Seconds after which the state says nothing more, rounded up: its time to live in the
        /// store.
        expires_in_seconds: u32,
    },
    /// It may not: leave the state as it is.
    Refuse {
        /// Seconds after which the next request may pass, rounded up: at least 1.
        retry_after_seconds: u32,
    },
}

impl Rule {
    /// A rule of 1 to 1 000 000 requests in 1 to 86 400 seconds.
    ///
    /// The time between two requests is rounded up to a whole microsecond, so that no window admits
    /// too many. A steady stream therefore gets a little less than the rule says: up to a thousand
    /// requests a second less than a thousandth, but 700 000 a second come down to 500 000.
    ///
    /// # Errors
    /// `invalid_config` outside these bounds.
    ///
    /// ```
    /// # use postseal::policy::rate_limit::Rule;
    /// assert_eq!(Rule::new(100, 60)?.emission_micros(), 600_000);
    /// assert!(Rule::new(0, 60).is_err());
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn new(requests: u32, per_seconds: u32) -> Result<Self, Error> {
        if !(1..=LIMIT_REQUESTS_MAX).contains(&requests) {
            return Err(Error::new(
                Code::InvalidConfig,
                "the requests of a rate limit must be 1 to 1000000",
            ));
        }
        if !(1..=LIMIT_PER_SECONDS_MAX).contains(&per_seconds) {
            return Err(Error::new(
                Code::InvalidConfig,
                "the seconds of a rate limit must be 1 to 86400",
            ));
        }
        // INVARIANT: bounded as above, both numbers are below 2^37.
        let period_micros = u64::from(per_seconds) * SECOND_MICROS;
        let emission_micros = period_micros.div_ceil(u64::from(requests));
        Ok(Rule { emission_micros, burst_micros: emission_micros * u64::from(requests) })
    }

    /// Microseconds between two requests of a steady stream.
    #[must_use]
    pub fn emission_micros(&self) -> u64 {
        self.emission_micros
    }

    /// How far the theoretical arrival time may run ahead of the clock, in microseconds: all
    /// requests at once.
    #[must_use]
    pub fn burst_micros(&self) -> u64 {
        self.burst_micros
    }

    /// Decides on one request at `now_micros`, from the state `tat` that the last admitted one left
    /// (`None`: absent or expired).
    ///
    /// A refused request changes nothing, so hammering does not prolong the wait. If the clock goes
    /// back, the state lies further ahead than any request could have put it: requests are refused
    /// until the clock has caught up or the state has expired, and never more are admitted.
    ///
    /// ```
    /// use postseal::policy::rate_limit::{Decision, Rule};
    ///
    /// let rule = Rule::new(2, 10)?; // two at once, then one in five seconds
    /// let first = rule.decide(None, 0);
    /// assert_eq!(first, Decision::Admit { tat: 5_000_000, expires_in_seconds: 5 });
    /// let second = rule.decide(Some(5_000_000), 0);
    /// assert_eq!(second, Decision::Admit { tat: 10_000_000, expires_in_seconds: 10 });
    /// let third = rule.decide(Some(10_000_000), 1_000_000);
    /// assert_eq!(third, Decision::Refuse { retry_after_seconds: 4 });
    /// # Ok::<(), postseal::Error>(())
    /// ```
    #[must_use]
    pub fn decide(&self, tat: Option<u64>, now_micros: u64) -> Decision {
        let start = tat.unwrap_or(0).max(now_micros);
        let next = start.saturating_add(self.emission_micros);
        let ahead_micros = next - now_micros;
        // Where the numbers end, nothing is admitted: the state could no longer count.
        if next < u64::MAX && ahead_micros <= self.burst_micros {
            return Decision::Admit { tat: next, expires_in_seconds: seconds_up(ahead_micros) };
        }
        // The state expires after a burst at the latest, so no wait is longer.
        let wait_micros = ahead_micros.saturating_sub(self.burst_micros);
        let wait_micros = wait_micros.clamp(1, self.burst_micros);
        Decision::Refuse { retry_after_seconds: seconds_up(wait_micros) }
    }
}

/// Whole seconds, rounded up. A burst is at most 86 401 of them.
fn seconds_up(micros: u64) -> u32 {
    u32::try_from(micros.div_ceil(SECOND_MICROS)).unwrap_or(u32::MAX)
}
