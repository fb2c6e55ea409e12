//! Pure decisions for what happens around a delivery. Stores, sockets and clocks live outside.
//!
//! [`claim`] accepts a delivery once, [`retry`] says when to send a message again, [`rate_limit`]
//! whether a request may pass, and [`alert`] when somebody should know. Each takes what its caller
//! knows (texts from a store, the time, random bits) and answers with what to do, so every language
//! and every store decides alike.

pub mod alert;
pub mod claim;
mod claim_state;
mod claim_subject;
mod http_date;
pub mod rate_limit;
pub mod retry;

/// The lease of a claim, in seconds, where none is given: longer than a handler of webhooks should
/// take.
pub const LEASE_SECONDS_DEFAULT: u32 = 60;
/// The longest lease: a day. After a crash, this long nobody takes the delivery over.
pub const LEASE_SECONDS_MAX: u32 = 86_400;
/// How long a claim is remembered where nothing is given: a week, longer than senders go on
/// retrying.
pub const RETAIN_SECONDS_DEFAULT: u32 = 604_800;
/// The longest retention: a year. A store grows by what it remembers.
pub const RETAIN_SECONDS_MAX: u32 = 31_536_000;
/// Swaps that one claim, or one change of a claim, may try. Each one that fails means that another
/// worker has come first, and after two or three of those the decision is no longer a swap.
pub const SWAPS_MAX: u32 = 8;
/// Length of the name of a source, in bytes: it goes into a hash, and a name is not a document.
pub const SOURCE_BYTES_MAX: usize = 256;
/// Length of a claim's text in the store, in bytes: a pending claim with its numbers at their
/// largest.
pub(crate) const STATE_BYTES_MAX: usize = 80;

/// Attempts to send a message where nothing is given: with full jitter they span about a minute,
/// and two at most; a `Retry-After` extends that.
pub const ATTEMPTS_DEFAULT: u32 = 8;
/// The most attempts to send a message: at the longest delay of an hour each, four days.
pub const ATTEMPTS_MAX: u32 = 100;
/// The upper end of the first delay, in milliseconds. It doubles with every attempt.
pub(crate) const FIRST_DELAY_MS: u64 = 1000;
/// The longest delay, in seconds, whatever the attempt or a `Retry-After` says: a peer must not be
/// able to park a message.
pub const DELAY_SECONDS_MAX: u32 = 3600;
/// Length of a `Retry-After` that is read, in bytes. A date takes 29, and a number of this length
/// is over every cap.
pub(crate) const RETRY_AFTER_BYTES_MAX: usize = 64;

/// Requests in one rule of a rate limit: above a million, microseconds no longer tell requests
/// apart.
pub const LIMIT_REQUESTS_MAX: u32 = 1_000_000;
/// The longest period of a rate limit, in seconds: a day.
pub const LIMIT_PER_SECONDS_MAX: u32 = 86_400;

/// The highest threshold of an alert: as many as a rate limit can count.
pub(crate) const ALERT_THRESHOLD_MAX: u32 = LIMIT_REQUESTS_MAX;
/// The longest window of an alert, and the longest interval between two, in seconds: a day.
pub(crate) const ALERT_SECONDS_MAX: u32 = LIMIT_PER_SECONDS_MAX;
