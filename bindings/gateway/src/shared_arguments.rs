//! The arguments that `seal`, `send` and `open` share, and the headings of their help.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use postseal::{Envelope, Scheme};

use crate::key_argument::KeyArgument;

pub(crate) const KEYS: &str = "Keys";
pub(crate) const FORMAT: &str = "Format";
pub(crate) const LIMITS: &str = "Limits";
pub(crate) const MESSAGE: &str = "Message";

/// The format of the message and its encryption keys.
#[derive(Args)]
pub(crate) struct SharedArguments {
    /// Encryption key, whenc_…; repeat it for rotation, the primary first
    #[arg(long, value_name = "KEY", help_heading = KEYS)]
    pub(crate) encryption_key: Vec<KeyArgument>,
    #[arg(
        long,
        help = format!("Whose headers and signature: {}", scheme_names().join(", ")),
        help_heading = FORMAT,
        default_value = Scheme::standard().name(),
        value_parser = scheme_parser(),
        hide_possible_values = true
    )]
    pub(crate) scheme: &'static Scheme,
    /// Form of an encrypted body [default: json for x-webhook, else jwe]
    #[arg(
        long,
        value_name = "jwe|json",
        help_heading = FORMAT,
        value_parser = envelope_parser(),
        hide_possible_values = true
    )]
    pub(crate) envelope: Option<Envelope>,
    /// The receiver's name, which an encrypted message (jwe) carries
    #[arg(long, value_name = "NAME", help_heading = FORMAT)]
    pub(crate) audience: Option<String>,
    /// Longest body, up to 33554432 [default: 1048576]
    #[arg(long, value_name = "BYTES", help_heading = LIMITS, value_parser = whole_bytes)]
    pub(crate) max_body_bytes: Option<usize>,
}

/// The instant of what is done once, and not again and again.
#[derive(Args)]
pub(crate) struct NowArgument {
    /// The time in Unix seconds [default: this host's clock]
    #[arg(
        long,
        value_name = "SECONDS",
        help_heading = LIMITS,
        allow_negative_numbers = true,
        value_parser = instant
    )]
    pub(crate) now: Option<i64>,
}

fn scheme_names() -> Vec<&'static str> {
    Scheme::ALL.iter().map(Scheme::name).collect()
}

fn scheme_parser() -> impl TypedValueParser<Value = &'static Scheme> {
    PossibleValuesParser::new(scheme_names()).try_map(|name| Scheme::named(&name))
}

fn envelope_parser() -> impl TypedValueParser<Value = Envelope> {
    PossibleValuesParser::new(["jwe", "json"]).try_map(|name| Envelope::named(&name))
}

/// Reads a number of seconds; its bounds are the core's matter.
pub(crate) fn whole_seconds(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "it must be a whole number of seconds")
}

fn whole_bytes(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "it must be a whole number of bytes")
}

fn instant(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "it must be a whole number of Unix seconds")
}
