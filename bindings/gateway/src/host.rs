//! What the core takes from its host on every call: the time and randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use postseal::{Code, Error, UnixTime};

/// The instant that the user gives, in Unix seconds, else the clock's.
pub(crate) fn instant(now: Option<i64>) -> Result<UnixTime, Error> {
    match now {
        Some(seconds) => UnixTime::new(seconds),
        None => UnixTime::try_from(SystemTime::now()),
    }
}

/// Fills `bytes` from the operating system.
pub(crate) fn entropy(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|why| {
        let message = format!("the system's random number generator failed: {why}");
        Error::new(Code::EntropyUnavailable, message)
    })
}

/// Now, in Unix milliseconds; 0 for a clock before 1970, which the core refuses elsewhere.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
