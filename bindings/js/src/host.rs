//! What JavaScript gives and takes on every call: the clock, randomness, integers, and errors.

use postseal::{Code, Error, UnixTime};
use wasm_bindgen::JsValue;

/// The largest integer that a JavaScript number holds without a gap below it: 2^53 - 1.
const SAFE_INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// An error on its way out: thrown as the string `code NUL message`.
#[derive(Debug)]
pub struct Refusal(Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal(error)
    }
}

impl From<Refusal> for JsValue {
    fn from(Refusal(error): Refusal) -> Self {
        JsValue::from_str(&format!("{}\0{}", error.code(), error.message()))
    }
}

/// The caller's `now` in seconds, else the host's clock. Fractions are floored.
pub(crate) fn instant(now: Option<f64>) -> Result<UnixTime, Error> {
    match now {
        Some(seconds) => UnixTime::new(instant_seconds("now", seconds)?),
        None => UnixTime::from_clock(integer((js_sys::Date::now() / 1000.0).floor()).unwrap_or(0)),
    }
}

/// The seconds of an option that is an instant. Fractions are floored.
pub(crate) fn instant_seconds(name: &str, seconds: f64) -> Result<i64, Error> {
    integer(seconds.floor()).ok_or_else(|| {
        let message = format!("`{name}` must be a number of Unix seconds, or a valid Date");
        Error::new(Code::InvalidConfig, message)
    })
}

/// The integer that a JavaScript number is, if it is one.
pub(crate) fn integer(number: f64) -> Option<i64> {
    if number.fract() != 0.0 || number.abs() > SAFE_INTEGER_MAX || !number.is_finite() {
        return None;
    }
    #[expect(clippy::as_conversions, reason = "no TryFrom exists; the number is a safe integer")]
    #[expect(clippy::cast_possible_truncation, reason = "it is within ±2^53")]
    Some(number as i64)
}

/// The whole number of an option, of the type that the core wants.
pub(crate) fn whole<T: TryFrom<i64>>(name: &str, number: f64) -> Result<T, Error> {
    integer(number).and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
        let message = format!("`{name}` must be a whole number within its bounds");
        Error::new(Code::InvalidConfig, message)
    })
}

/// Fills `bytes` from the platform's `crypto.getRandomValues`.
pub(crate) fn entropy(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|_| {
        Error::new(
            Code::EntropyUnavailable,
            "crypto.getRandomValues fails: on Cloudflare, call this in a handler only",
        )
    })
}
