//! Why an attempt has no answer.

use std::{fmt, io};

use crate::deliver::address_policy::Refusal;

/// Why an attempt has no answer. Nothing in it is from the message, and nothing from the peer but
/// what TLS has a closed list for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The name has no address, or nobody answers for it.
    ResolveFailed,
    /// None of the name's addresses is allowed; this is the first.
    AddressRefused(Refusal),
    /// No allowed address takes a connection; the last one's reason.
    ConnectFailed(io::ErrorKind),
    /// The peer speaks no TLS that is spoken here.
    TlsFailed(String),
    /// The peer's certificate is not valid for this target.
    CertificateRefused(&'static str),
    /// The peer's certificate is valid, and its key is none of the pinned ones.
    PinMismatch,
    /// The time for the attempt is used up.
    TimedOut(Stage),
    /// The connection ended before a whole head of an answer, or what came is no HTTP.
    BrokenAnswer,
}

/// How far an attempt had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Connect,
    Answer,
}

impl Failure {
    /// The stable name.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Failure::ResolveFailed => "resolve_failed",
            Failure::AddressRefused(_) => "address_refused",
            Failure::ConnectFailed(_) => "connect_failed",
            Failure::TlsFailed(_) => "tls_failed",
            Failure::CertificateRefused(_) => "certificate_refused",
            Failure::PinMismatch => "pin_mismatch",
            Failure::TimedOut(_) => "timed_out",
            Failure::BrokenAnswer => "broken_answer",
        }
    }

    /// Whether another attempt would be useless: it is the operator who must act. A certificate is
    /// not among these, since the peer may renew it.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(self, Failure::AddressRefused(_) | Failure::PinMismatch)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::ResolveFailed => f.write_str("the host's name cannot be resolved"),
            Failure::AddressRefused(refusal) => {
                write!(f, "the host has no address that may be reached: {refusal}")
            }
            Failure::ConnectFailed(kind) => write!(f, "the host cannot be connected to: {kind}"),
            Failure::TlsFailed(why) => write!(f, "there is no TLS with this host: {why}"),
            Failure::CertificateRefused(why) => write!(f, "the host's certificate {why}"),
            Failure::PinMismatch => f.write_str(
                "the host's key is none of the pinned ones: ask its operator about the key \
                 before you change the pins",
            ),
            Failure::TimedOut(Stage::Connect) => f.write_str("the time to connect is used up"),
            Failure::TimedOut(Stage::Answer) => f.write_str("no answer came in time"),
            Failure::BrokenAnswer => f.write_str("the connection ended without a valid answer"),
        }
    }
}
