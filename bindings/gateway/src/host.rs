//! What the core takes from its host on every call: the time and randomness.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

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

/// A clock that nobody sets.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
/// How far the system's clock was ahead of it, at most, since that was last asked for.
static FURTHEST_MS: AtomicI64 = AtomicI64::new(i64::MIN);
/// A clock that is being corrected goes back by less than this.
const SET_BACK_MS_MIN: i64 = 1000;

/// Now, in Unix milliseconds; 0 for a clock before 1970, which the core refuses elsewhere.
pub(crate) fn now_ms() -> u64 {
    let (now_ms, ahead_ms) = clocks();
    FURTHEST_MS.fetch_max(ahead_ms, Ordering::Relaxed);
    now_ms
}

/// By how much the clock was set back, in milliseconds, since this was last called; 0 where it was
/// not. What was written from `now_ms` before that lies in the future by so much, and no more.
pub(crate) fn set_back_ms() -> u64 {
    let (_, ahead_ms) = clocks();
    let furthest_ms = FURTHEST_MS.swap(ahead_ms, Ordering::Relaxed);
    let back_ms = furthest_ms.saturating_sub(ahead_ms);
    u64::try_from(back_ms).ok().filter(|_| back_ms >= SET_BACK_MS_MIN).unwrap_or(0)
}

/// Now by the system's clock, and how far that is ahead of the clock that nobody sets.
fn clocks() -> (u64, i64) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let elapsed_ms = i64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(i64::MAX);
    (u64::try_from(now_ms).unwrap_or(0), now_ms.saturating_sub(elapsed_ms))
}
