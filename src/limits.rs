//! Every bound of messages and keys, with its reason; those of claims, retries and rate limits
//! stand in `policy`. What is not bounded here, such as a request's headers, its host bounds.

/// Secrets or keys in one list. Rotation needs two or three; each one costs a MAC over every body.
pub const KEYS_MAX: usize = 8;
/// Entries in one signature header: a sender signs with at most [`KEYS_MAX`] secrets.
pub const SIGNATURES_MAX: usize = 8;
/// Ed25519 verifications for one delivery. 8 × 8 over 1 MiB would take a quarter of a second.
pub const PUBLIC_KEY_CHECKS_MAX: usize = 8;

/// Length of a received message id, in bytes. Standard Webhooks names no bound; a database key
/// needs one.
pub const ID_BYTES_MAX: usize = 256;
/// Length of a sent message id: one less, so every receiver that allows 255 takes it.
pub const SENT_ID_BYTES_MAX: usize = 255;
/// Length of the id of a secret or key, which stands in logs and in the envelope's header.
pub const KEY_ID_BYTES_MAX: usize = 128;
/// Length of an audience: the length of a long URL.
pub const AUDIENCE_BYTES_MAX: usize = 512;
/// Length of a media type: RFC 6838 allows 127 characters a side.
pub const CONTENT_TYPE_BYTES_MAX: usize = 255;

/// Length of a decoded `whsec_` secret: Standard Webhooks asks for 24 to 64 bytes, Svix's servers
/// make up to 75.
pub const SECRET_BYTES_MIN: usize = 24;
/// See [`SECRET_BYTES_MIN`].
pub const SECRET_BYTES_MAX: usize = 75;
/// Length of a secret that is used as text: 128 bits of a printable alphabet need no fewer
/// characters.
pub const TEXT_SECRET_BYTES_MIN: usize = 16;
/// See [`TEXT_SECRET_BYTES_MIN`].
pub const TEXT_SECRET_BYTES_MAX: usize = 255;

/// Digits of a timestamp header: 11 reach the year 5138.
pub const TIMESTAMP_DIGITS_MAX: usize = 11;
/// The first instant that `now` may have: 2001-09-09. A clock at its epoch is a clock that is not
/// set.
pub const NOW_MIN: i64 = 1_000_000_000;
/// The end of what `now` may have, exclusive: above it, someone passed milliseconds.
pub const NOW_END: i64 = 100_000_000_000;
/// The tolerance, in seconds, where none is given: Standard Webhooks' and Stripe's five minutes.
pub const TOLERANCE_SECONDS_DEFAULT: u32 = 300;
/// The largest tolerance: a day. A claim's retention must outlast it.
pub const TOLERANCE_SECONDS_MAX: u32 = 86_400;

/// Length of a body on the wire where no limit is given: 1 MiB.
pub const BODY_BYTES_DEFAULT: usize = 1 << 20;
/// The largest limit that can be set: 32 MiB, since a body is held in memory whole.
pub const BODY_BYTES_MAX: usize = 32 << 20;
/// Length of a JWE protected header, decoded: ids, audience and media type fit with room to spare.
pub const PROTECTED_HEADER_BYTES_MAX: usize = 2048;
/// Members of an envelope's JSON object: the seven that a JWE's protected header may have.
pub const ENVELOPE_MEMBERS_MAX: usize = 7;
/// Messages that one sender may seal: one below the 2^32 that NIST SP 800-38D, section 8.3, allows
/// a key with random nonces, so that the count fits a word.
pub const SEALS_PER_SENDER_MAX: u32 = u32::MAX;

/// Length of a request's frame to the WASI module: the headers of a request, which servers cap far
/// lower, and a few options.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Receivers, senders and prepared messages that one instance of the WASI module holds: one for
/// each endpoint of a large host. A leak of receivers ends here; prepared messages hold their
/// bodies, and a leak of these ends with the memory.
pub const HANDLES_MAX: usize = 1 << 15;
