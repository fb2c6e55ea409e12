//! What a sender is told. A stranger gets one text, whatever the reason.

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use postseal::Error;

use crate::store::Acceptance;

/// The same text for every refusal.
const REFUSED: &str = "refused";
const RETRY_AFTER_SECONDS: u32 = 5;

/// How a request ends.
pub(crate) enum Answer {
    /// The store has decided on an authenticated message. `id` is its name in the log.
    Stored {
        acceptance: Acceptance,
        id: String,
    },
    /// An authenticated message asks to have this text back.
    Challenge(String),
    Refused(Refusal),
    /// No source has this path.
    NotFound,
}

/// Why a request is not accepted.
pub(crate) enum Refusal {
    /// What the core or the store says.
    Error(Error),
    MethodNotAllowed,
    /// The client is not among those whose requests this source reads.
    AddressNotAllowed,
    RateLimited {
        retry_after_seconds: u32,
    },
    TooLarge,
    BodyTimedOut,
    HeadTooLarge,
    /// The client or the source holds too much of the memory that all requests share.
    Busy,
    /// Redis has to be asked, and does not answer.
    LimitUnknown(Error),
    /// The body did not come to its end, or is no HTTP.
    BodyBroke,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Error(error)
    }
}

impl Refusal {
    fn outcome(&self) -> &'static str {
        match self {
            Refusal::Error(error) | Refusal::LimitUnknown(error) => error.code().as_str(),
            Refusal::HeadTooLarge => "head_too_large",
            Refusal::Busy => "busy",
            Refusal::MethodNotAllowed => "method_not_allowed",
            Refusal::AddressNotAllowed => "address_not_allowed",
            Refusal::RateLimited { .. } => "rate_limited",
            Refusal::TooLarge => "body_too_large",
            Refusal::BodyTimedOut => "body_timed_out",
            Refusal::BodyBroke => "body_broke_off",
        }
    }

    /// What the log says of it; it has no payload and no key in it.
    pub(crate) fn message(&self) -> &str {
        match self {
            Refusal::Error(error) | Refusal::LimitUnknown(error) => error.message(),
            Refusal::HeadTooLarge => "the request has too many headers",
            Refusal::Busy => "requests of this client or source hold too much memory",
            Refusal::MethodNotAllowed => "only POST is received",
            Refusal::AddressNotAllowed => "the address is not in allow_from",
            Refusal::RateLimited { .. } => "too many requests",
            Refusal::TooLarge => "the body is longer than max_body_bytes",
            Refusal::BodyTimedOut => "the body did not come in time",
            Refusal::BodyBroke => "the body broke off",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Refusal::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Error(error) | Refusal::LimitUnknown(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Refusal::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::AddressNotAllowed => StatusCode::UNAUTHORIZED,
            Refusal::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::BodyTimedOut => StatusCode::REQUEST_TIMEOUT,
            Refusal::BodyBroke => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether the body was not read, or not to its end: then the connection is of no more use.
    fn leaves_body(&self) -> bool {
        !matches!(self, Refusal::Error(_))
    }
}

impl Answer {
    pub(crate) fn of(acceptance: Acceptance, id: String) -> Self {
        Answer::Stored { acceptance, id }
    }

    /// Its stable name, for logs and metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Answer::Stored { acceptance: Acceptance::Accepted, .. } => "accepted",
            Answer::Stored { acceptance: Acceptance::Duplicate, .. } => "duplicate",
            Answer::Stored { acceptance: Acceptance::Conflict, .. } => "conflict",
            Answer::Challenge(_) => "challenge",
            Answer::Refused(refusal) => refusal.outcome(),
            Answer::NotFound => "not_found",
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Answer::Stored { acceptance: Acceptance::Accepted, .. } => StatusCode::ACCEPTED,
            Answer::Stored { acceptance: Acceptance::Duplicate, .. } => StatusCode::OK,
            Answer::Stored { acceptance: Acceptance::Conflict, .. } => StatusCode::CONFLICT,
            Answer::Challenge(_) => StatusCode::OK,
            Answer::Refused(refusal) => refusal.status(),
            Answer::NotFound => StatusCode::NOT_FOUND,
        }
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let status = self.status();
        let close = matches!(&self, Answer::NotFound)
            || matches!(&self, Answer::Refused(refusal) if refusal.leaves_body());
        let retry_after = self.retry_after();
        let text = match self {
            Answer::Stored { acceptance: Acceptance::Accepted, .. } => "accepted".into(),
            Answer::Stored { acceptance: Acceptance::Duplicate, .. } => "duplicate".into(),
            Answer::Challenge(text) => text,
            Answer::Stored { .. } | Answer::Refused(_) | Answer::NotFound => REFUSED.into(),
        };
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        if close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn retry_after(&self) -> Option<u32> {
        match self {
            Answer::Refused(Refusal::RateLimited { retry_after_seconds }) => {
                Some(*retry_after_seconds)
            }
            _ if self.status() == StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AFTER_SECONDS),
            _ => None,
        }
    }
}
