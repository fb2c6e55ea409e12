//! The time, in the two forms that a gateway needs.

use std::time::{SystemTime, UNIX_EPOCH};

use postseal::{Error, UnixTime};

/// Now, in Unix milliseconds; 0 for a clock before 1970, which the core refuses elsewhere.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Now, as the core takes it.
///
/// # Errors
/// `clock_unavailable` for a clock that cannot be right.
pub(crate) fn now() -> Result<UnixTime, Error> {
    UnixTime::try_from(SystemTime::now())
}
