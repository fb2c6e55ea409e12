//! What the core takes from its host on every call: the time and randomness.

use std::time::SystemTime;

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
