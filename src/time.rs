//! Instants, and the window in which a timestamp counts as fresh. The core has no clock: time is an
//! argument.

use crate::error::{Code, Error};
use crate::limits::{
    NOW_END, NOW_MIN, TIMESTAMP_DIGITS_MAX, TOLERANCE_SECONDS_DEFAULT, TOLERANCE_SECONDS_MAX,
};

/// A plausible instant: whole seconds since 1970-01-01 UTC, from 2001 to 5138.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(u64);

impl UnixTime {
    /// An instant that the caller gives, in seconds.
    ///
    /// # Errors
    /// `invalid_config` unless 1e9 ≤ `seconds` < 1e11; above that it asks whether milliseconds were
    /// meant.
    ///
    /// ```
    /// # use postseal::{Code, UnixTime};
    /// assert_eq!(UnixTime::new(1_700_000_000)?.seconds(), 1_700_000_000);
    /// assert_eq!(UnixTime::new(1_700_000_000_000).unwrap_err().code(), Code::InvalidConfig);
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn new(seconds: i64) -> Result<Self, Error> {
        plausible(seconds).map_err(|why| Error::new(Code::InvalidConfig, why))
    }

    /// An instant that the host's clock reads, in seconds.
    ///
    /// # Errors
    /// `clock_unavailable` outside the bounds of [`UnixTime::new`]: such a clock is not set.
    pub fn from_clock(seconds: i64) -> Result<Self, Error> {
        plausible(seconds).map_err(|_| {
            Error::new(
                Code::ClockUnavailable,
                "the host's clock is not set: pass the time as `now`",
            )
        })
    }

    /// Whole seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0
    }
}

#[cfg(feature = "std")]
impl TryFrom<std::time::SystemTime> for UnixTime {
    type Error = Error;

    /// Reads the host's clock: `UnixTime::try_from(SystemTime::now())`.
    ///
    /// # Errors
    /// `clock_unavailable`, as [`UnixTime::from_clock`].
    fn try_from(time: std::time::SystemTime) -> Result<Self, Error> {
        let since_epoch = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        UnixTime::from_clock(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
    }
}

fn plausible(seconds: i64) -> Result<UnixTime, &'static str> {
    if seconds >= NOW_END {
        return Err("a time must be in seconds since 1970 and below 1e11: are these milliseconds?");
    }
    if seconds < NOW_MIN {
        return Err("a time must be in seconds since 1970 and at least 1e9");
    }
    u64::try_from(seconds).map(UnixTime).map_err(|_| "a time must not be negative")
}

/// How far a timestamp may lie from now, in both directions, inclusive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    tolerance_seconds: u64,
    future_tolerance_seconds: u64,
}

impl Window {
    /// A window of the given tolerances, each 1 to 86 400 seconds, 300 where none is given.
    pub(crate) fn new(
        tolerance: Option<u32>,
        future_tolerance: Option<u32>,
    ) -> Result<Self, Error> {
        Ok(Window {
            tolerance_seconds: tolerance_seconds(tolerance)?,
            future_tolerance_seconds: tolerance_seconds(future_tolerance)?,
        })
    }

    /// Accepts a signed timestamp.
    pub(crate) fn check(self, timestamp: u64, now: UnixTime) -> Result<(), Error> {
        let latest = now.0.saturating_add(self.future_tolerance_seconds);
        if timestamp > latest {
            return Err(Error::new(
                Code::TimestampTooNew,
                "the message is dated in the future: compare this host's clock with the sender's",
            ));
        }
        if now.0 > timestamp.saturating_add(self.tolerance_seconds) {
            return Err(Error::new(
                Code::TimestampTooOld,
                "the message is older than the tolerance: a replay, or a clock is wrong",
            ));
        }
        Ok(())
    }
}

fn tolerance_seconds(given: Option<u32>) -> Result<u64, Error> {
    let seconds = given.unwrap_or(TOLERANCE_SECONDS_DEFAULT);
    if (1..=TOLERANCE_SECONDS_MAX).contains(&seconds) {
        return Ok(u64::from(seconds));
    }
    Err(Error::new(Code::InvalidConfig, "a tolerance must be 1 to 86400 seconds"))
}

/// Reads a timestamp from the wire.
///
/// SPEC: 1 to 11 digits, no sign, no leading zero: one spelling for each number.
pub(crate) fn parse_timestamp(text: &[u8]) -> Result<u64, Error> {
    let canonical = !text.is_empty()
        && text.len() <= TIMESTAMP_DIGITS_MAX
        && text.iter().all(u8::is_ascii_digit)
        && (text.len() == 1 || text.first() != Some(&b'0'));
    if !canonical {
        return Err(Error::new(
            Code::MalformedTimestamp,
            "the timestamp must be Unix seconds: 1 to 11 digits without sign or leading zero",
        ));
    }
    Ok(text.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}
