//! When to send a message again, and when to stop: exponential backoff with full jitter.

use super::http_date;
use super::{
    ATTEMPTS_DEFAULT, ATTEMPTS_MAX, DELAY_SECONDS_MAX, FIRST_DELAY_MS, RETRY_AFTER_BYTES_MAX,
};
use crate::error::{Code, Error};
use crate::time::UnixTime;

/// What has become of the latest attempt to send a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// How many attempts were made, this one included: 1 after the first.
    pub attempt: u32,
    /// The HTTP status of the answer; `None` if there was none (a time-out, a refused connection).
    pub status: Option<u16>,
    /// The answer's `Retry-After` header.
    pub retry_after: Option<&'a str>,
    /// How many attempts there are in all: 1 to 100, and 8 where none is given.
    pub max_attempts: Option<u32>,
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send again after a delay.
    Retry {
        /// Milliseconds, 0 to 3 600 000.
        delay_ms: u64,
    },
    /// Send no more.
    Stop(Outcome),
}

/// How the sending of a message has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer was 2xx.
    Delivered,
    /// The answer was 410: the receiver wants nothing more at this address.
    Gone,
    /// The answer was 413: the message will never be small enough.
    Refused,
    /// The attempts are used up.
    Exhausted,
}

impl Outcome {
    /// The stable name: `delivered`, `gone`, `refused` or `exhausted`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Delivered => "delivered",
            Outcome::Gone => "gone",
            Outcome::Refused => "refused",
            Outcome::Exhausted => "exhausted",
        }
    }
}

/// Decides after an attempt. `entropy` is 32 random bits, drawn anew for each call.
///
/// 2xx, 410 and 413 end the sending; then used up attempts do; all else is retried, redirects too,
/// since they are never followed. The delay is evenly spread between zero and a ceiling of 1 s,
/// doubled with each attempt, and at most an hour: `ceiling · entropy / 2³²`, rounded down to a
/// millisecond. A `Retry-After`, whatever the status, raises the delay to its value, an hour at
/// most.
///
/// SPEC: RFC 9110, section 10.2.3. A `Retry-After` is plain digits, or an IMF-fixdate whose day of
/// the week belongs to its date; spaces and tabs around it do not count. A date that has passed
/// raises nothing. Anything else is ignored: a sign, a fraction, the two obsolete forms of a date,
/// a list.
///
/// # Errors
/// `invalid_config` if `attempt` is 0, or `max_attempts` is not 1 to 100.
///
/// ```
/// use postseal::UnixTime;
/// use postseal::policy::retry::{Attempt, Next, Outcome, next_attempt};
///
/// let now = UnixTime::new(1_700_000_000)?;
/// let third = Attempt { attempt: 3, status: Some(503), retry_after: None, max_attempts: None };
/// assert_eq!(next_attempt(&third, now, 1 << 31)?, Next::Retry { delay_ms: 2000 });
///
/// let told = Attempt { retry_after: Some("120"), ..third };
/// assert_eq!(next_attempt(&told, now, 1 << 31)?, Next::Retry { delay_ms: 120_000 });
///
/// let gone = Attempt { status: Some(410), ..third };
/// assert_eq!(next_attempt(&gone, now, 1 << 31)?, Next::Stop(Outcome::Gone));
/// # Ok::<(), postseal::Error>(())
/// ```
pub fn next_attempt(attempt: &Attempt<'_>, now: UnixTime, entropy: u32) -> Result<Next, Error> {
    let attempts_max = attempt.max_attempts.unwrap_or(ATTEMPTS_DEFAULT);
    if !(1..=ATTEMPTS_MAX).contains(&attempts_max) {
        return Err(Error::new(Code::InvalidConfig, "the attempts must be 1 to 100"));
    }
    if attempt.attempt == 0 {
        return Err(Error::new(Code::InvalidConfig, "attempts are counted from 1"));
    }
    Ok(match attempt.status {
        Some(200..=299) => Next::Stop(Outcome::Delivered),
        Some(410) => Next::Stop(Outcome::Gone),
        Some(413) => Next::Stop(Outcome::Refused),
        _ if attempt.attempt >= attempts_max => Next::Stop(Outcome::Exhausted),
        _ => {
            let told_ms = attempt.retry_after.map_or(0, |text| retry_after_ms(text, now));
            Next::Retry { delay_ms: jittered_ms(attempt.attempt, entropy).max(told_ms) }
        }
    })
}

fn jittered_ms(attempt: u32, entropy: u32) -> u64 {
    let doublings = attempt.saturating_sub(1);
    let ceiling_ms =
        2u64.saturating_pow(doublings).saturating_mul(FIRST_DELAY_MS).min(delay_ms_max());
    // INVARIANT: the ceiling is below 2^22, so the product is below 2^54.
    (ceiling_ms * u64::from(entropy)) >> 32
}

fn delay_ms_max() -> u64 {
    u64::from(DELAY_SECONDS_MAX) * 1000
}

/// The delay that a `Retry-After` asks for, in milliseconds, and 0 where it asks for none.
fn retry_after_ms(text: &str, now: UnixTime) -> u64 {
    let text = text.trim_matches([' ', '\t']);
    if text.is_empty() || text.len() > RETRY_AFTER_BYTES_MAX {
        return 0;
    }
    let seconds = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.bytes().fold(0, |sum: u64, digit| {
            sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        })
    } else {
        let date = http_date::parse(text).and_then(|seconds| u64::try_from(seconds).ok());
        date.unwrap_or(0).saturating_sub(now.seconds())
    };
    seconds.saturating_mul(1000).min(delay_ms_max())
}
