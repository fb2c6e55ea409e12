//! The one error type: a stable code from a closed list, and a sentence that says what to do.
//!
//! An error never carries a key, a payload or a signature: what a stranger sent, and what is
//! secret, stays out of messages, so an error can be logged as it is.

use alloc::borrow::Cow;
use core::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal;)*) => {
        /// Why something was refused. Codes are stable, and are never reused for another meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code, by its status.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable name, in snake case: the same text in every language.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// The HTTP status of the outward answer. It tells a stranger nothing more than yes or
            /// no.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* }
            }
        }
    };
}

codes! {
    /// A header that the scheme needs is not there.
    MissingHeader = "missing_header", 401;
    /// A header that must stand once stands more than once, or twice with different values.
    DuplicateHeader = "duplicate_header", 401;
    /// The message id is empty, too long, or has a character that ids must not have.
    MalformedHeader = "malformed_header", 401;
    /// The timestamp is not 1 to 11 plain digits.
    MalformedTimestamp = "malformed_timestamp", 401;
    /// The timestamp lies further in the past than the tolerance.
    TimestampTooOld = "timestamp_too_old", 401;
    /// The timestamp lies further in the future than the tolerance.
    TimestampTooNew = "timestamp_too_new", 401;
    /// The signature header is not in the scheme's grammar.
    MalformedSignature = "malformed_signature", 401;
    /// No signature of a kind that a configured key could verify.
    NoSupportedSignature = "no_supported_signature", 401;
    /// No live secret made any of the signatures over these bytes.
    SignatureMismatch = "signature_mismatch", 401;
    /// Encryption is required, and the body is not in the envelope's form.
    NotEncrypted = "not_encrypted", 401;
    /// Encryption is forbidden, and the body is in the envelope's form.
    EncryptionForbidden = "encryption_forbidden", 401;
    /// The body is in the envelope's form, but breaks one of its rules.
    MalformedEnvelope = "malformed_envelope", 401;
    /// The envelope names a key that is not live here.
    UnknownKey = "unknown_key", 401;
    /// The key does not open the ciphertext: another key, or a changed byte.
    DecryptionFailed = "decryption_failed", 401;
    /// The envelope is addressed to another audience, or to none.
    WrongAudience = "wrong_audience", 401;
    /// Another worker holds the claim on this delivery.
    InProgress = "in_progress", 409;
    /// The same replay key came with another payload.
    Conflict = "conflict", 409;
    /// The body is longer than the limit.
    BodyTooLarge = "body_too_large", 413;
    /// The payload is not JSON.
    PayloadNotJson = "payload_not_json", 422;
    /// The payload is not UTF-8.
    PayloadNotUtf8 = "payload_not_utf8", 422;
    /// The payload does not fit the schema that the application gave.
    PayloadInvalid = "payload_invalid", 422;
    /// The rate limit is used up.
    RateLimited = "rate_limited", 429;
    /// No configured secret or key is live now.
    NoLiveSecret = "no_live_secret", 503;
    /// The host's clock gives no plausible time.
    ClockUnavailable = "clock_unavailable", 503;
    /// The host's random number generator gives nothing, or nothing usable.
    EntropyUnavailable = "entropy_unavailable", 503;
    /// The store of claims does not answer.
    StoreUnavailable = "store_unavailable", 503;
    /// The WebAssembly module trapped or ran past its deadline.
    ModuleFailed = "module_failed", 503;
    /// The body was given as something else than bytes or well-formed text.
    BodyNotBytes = "body_not_bytes", 500;
    /// The message id to be sent has a character or length that ids must not have.
    InvalidId = "invalid_id", 500;
    /// A signing secret is not in any accepted spelling.
    InvalidSecret = "invalid_secret", 500;
    /// An encryption or public key is not in any accepted spelling.
    InvalidKey = "invalid_key", 500;
    /// An option is unknown, out of its bounds, or contradicts another.
    InvalidConfig = "invalid_config", 500;
    /// The encryption key has sealed as many messages as one key may.
    KeyExhausted = "key_exhausted", 500;
    /// This runtime cannot run the module as it was loaded.
    UnsupportedRuntime = "unsupported_runtime", 500;
    /// A request frame of the WASI module is not well formed.
    MalformedFrame = "malformed_frame", 500;
    /// A handle was freed, or was never given out.
    StaleHandle = "stale_handle", 500;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal: its [`Code`], and a message for the operator's log. Not for the remote peer.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    code: Code,
    message: Cow<'static, str>,
}

impl Error {
    /// An error with the given code. `message` says what to do; never put what is secret or payload
    /// in it.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Error { code, message: message.into() }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What is wrong and what to do about it, in one sentence for the operator.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The HTTP status to answer with; see [`Code::status`].
    #[must_use]
    pub fn status(&self) -> u16 {
        self.code.status()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Error {}
