//! `postseal open`: from a request to its payload, or why it is refused.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args};
use postseal::{Delivery, Encryption, Error, KeyOptions, Receiver, ReceiverOptions};
use serde::Serialize;

use crate::host::instant;
use crate::input::read_standard_input;
use crate::key_argument::{KeyArgument, KeyKind, SPELLINGS, key_list};
use crate::report::{Answer, base64};
use crate::request::Request;
use crate::shared_arguments::{FORMAT, KEYS, LIMITS, NowArgument, SharedArguments, whole_seconds};

/// Verify and decrypt a request: its payload, or why it is refused
#[derive(Args)]
#[command(
    after_help = format!("{SPELLINGS}\n\n{EXAMPLES}"),
    group = ArgGroup::new("verifying").args(["secret", "public_key"]).required(true).multiple(true)
)]
pub(crate) struct Open {
    /// Header of the request, 'Name: value'; the body is standard input
    #[arg(long, value_name = "HEADER", help_heading = REQUEST)]
    header: Vec<OsString>,
    /// Headers, a blank line and the body, as `seal` writes them; - is standard input
    #[arg(long, value_name = "FILE", help_heading = REQUEST, conflicts_with = "header")]
    request: Option<PathBuf>,
    /// Signing secret, whsec_… or the provider's; repeat it for rotation
    #[arg(long, help_heading = KEYS)]
    secret: Vec<KeyArgument>,
    /// Ed25519 public key, whpk_…; repeat it for rotation
    #[arg(long, value_name = "KEY", help_heading = KEYS)]
    public_key: Vec<KeyArgument>,
    #[command(flatten)]
    shared: SharedArguments,
    #[command(flatten)]
    now: NowArgument,
    /// required, optional or forbidden [default: required with an encryption key, else forbidden]
    #[arg(
        long,
        value_name = "POLICY",
        help_heading = FORMAT,
        value_parser = encryption_parser(),
        hide_possible_values = true
    )]
    encryption: Option<Encryption>,
    /// How old the message may be [default: 300]
    #[arg(long, value_name = "SECONDS", help_heading = LIMITS, value_parser = whole_seconds)]
    tolerance: Option<u32>,
    /// How far ahead the message may be dated [default: 300]
    #[arg(long, value_name = "SECONDS", help_heading = LIMITS, value_parser = whole_seconds)]
    future_tolerance: Option<u32>,
}

const REQUEST: &str = "Request";

const EXAMPLES: &str = "\
Writes the payload alone, byte for byte. With --json: its facts, and the payload in base64.

Examples:
  postseal open --secret env:SECRET --encryption-key file:orders.key --request request
  postseal open --secret env:SECRET --secret env:OLD_SECRET --request - --json < request
  postseal open --scheme github --secret env:GITHUB_SECRET \\
                --header \"X-Hub-Signature-256: $SIGNATURE\" < body

Exit status: 0 accepted, 1 refused, 2 anything else";

fn encryption_parser() -> impl TypedValueParser<Value = Encryption> {
    PossibleValuesParser::new(["required", "optional", "forbidden"])
        .try_map(|name| Encryption::named(&name))
}

impl Open {
    pub(super) fn run(self, json: bool) -> Result<Answer, Error> {
        let Open { header, request, secret, public_key, shared, now, .. } = self;
        let receiver = Receiver::new(ReceiverOptions {
            scheme: shared.scheme,
            keys: KeyOptions {
                secrets: key_list(KeyKind::Secret, secret)?,
                public_keys: key_list(KeyKind::PublicKey, public_key)?,
                encryption_keys: key_list(KeyKind::EncryptionKey, shared.encryption_key)?,
            },
            envelope: shared.envelope,
            encryption: self.encryption,
            audience: shared.audience,
            tolerance_seconds: self.tolerance,
            future_tolerance_seconds: self.future_tolerance,
            max_body_bytes: shared.max_body_bytes,
        })?;
        let now = instant(now.now)?;
        let body_bytes_max = receiver.max_body_bytes();
        let request = match request {
            Some(path) => Request::read(&path, body_bytes_max)?,
            None => Request::of(&header, || read_standard_input(body_bytes_max))?,
        };
        let delivery = receiver.open(&request.headers, &request.body, now)?;
        if json {
            return Answer::json(&Facts::of(&delivery));
        }
        Ok(Answer::bytes(delivery.into_payload()))
    }
}

/// All that a delivery says, in its order of its accessors.
#[derive(Serialize)]
struct Facts<'d> {
    id: Option<&'d str>,
    timestamp: Option<u64>,
    replay_key: Cow<'d, str>,
    replay_key_source: &'static str,
    replay_protected: bool,
    secret_id: &'d str,
    matched_secret_ids: &'d [String],
    encrypted: bool,
    encryption_key_id: Option<&'d str>,
    content_type: Option<&'d str>,
    payload_base64: String,
}

impl<'d> Facts<'d> {
    fn of(delivery: &'d Delivery<'_>) -> Self {
        Facts {
            id: delivery.id(),
            timestamp: delivery.timestamp(),
            replay_key: delivery.replay_key(),
            replay_key_source: delivery.replay_key_source().as_str(),
            replay_protected: delivery.replay_protected(),
            secret_id: delivery.secret_id(),
            matched_secret_ids: delivery.matched_secret_ids(),
            encrypted: delivery.encrypted(),
            encryption_key_id: delivery.encryption_key_id(),
            content_type: delivery.content_type(),
            payload_base64: base64(delivery.payload()),
        }
    }
}
