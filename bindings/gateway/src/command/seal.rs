//! `postseal seal`: from a payload to the headers and the exact bytes to send.

use clap::Args;
use postseal::{Error, Message, Sender, SenderOptions};
use serde::{Serialize, Serializer};

use crate::host::{entropy, instant};
use crate::input::read_standard_input;
use crate::key_argument::{KeyArgument, KeyKind, SPELLINGS, key_list};
use crate::report::{Answer, base64};
use crate::request;
use crate::shared_arguments::{KEYS, MESSAGE, NowArgument, SharedArguments};

/// Encrypt and sign the payload on standard input: headers, a blank line and the body
#[derive(Args)]
#[command(after_help = format!("{SPELLINGS}\n\n{EXAMPLES}"))]
pub(crate) struct Seal {
    /// The event's id, the same for each attempt: letters, digits, _ and -
    #[arg(long, help_heading = MESSAGE)]
    id: String,
    /// Media type of the payload, such as application/json
    #[arg(long, value_name = "TYPE", help_heading = MESSAGE)]
    content_type: Option<String>,
    /// Signing secret, whsec_… or whsk_… or the provider's; repeat it for rotation
    #[arg(long, required = true, help_heading = KEYS)]
    secret: Vec<KeyArgument>,
    #[command(flatten)]
    shared: SharedArguments,
    #[command(flatten)]
    now: NowArgument,
}

const EXAMPLES: &str = "\
Encrypts with the first live encryption key (without one the payload stays plain), then signs with
every live secret. No newline follows the body: exactly these bytes are signed.

Examples:
  postseal seal --secret env:SECRET --id evt_1 < event.json
  postseal seal --secret env:SECRET --encryption-key file:orders.key --id evt_1 \\
                --content-type application/json < event.json > request";

impl Seal {
    pub(super) fn run(self, json: bool) -> Result<Answer, Error> {
        let Seal { id, content_type, secret, shared, now } = self;
        let sender = Sender::new(SenderOptions {
            scheme: shared.scheme,
            secrets: key_list(KeyKind::Secret, secret)?,
            encryption_keys: key_list(KeyKind::EncryptionKey, shared.encryption_key)?,
            envelope: shared.envelope,
            audience: shared.audience,
            max_body_bytes: shared.max_body_bytes,
            sealed_before: 0,
        })?;
        let now = instant(now.now)?;
        let payload = read_standard_input(sender.max_body_bytes())?;
        let message = Message { id: &id, content_type: content_type.as_deref(), payload: &payload };
        let sealed = sender.seal(&message, now, &mut entropy)?;
        if json {
            return Answer::json(&Facts {
                headers: &sealed.headers,
                body_base64: base64(&sealed.body),
            });
        }
        Ok(Answer::bytes(request::write(&sealed.headers, &sealed.body)))
    }
}

#[derive(Serialize)]
struct Facts<'a> {
    #[serde(serialize_with = "object")]
    headers: &'a [(&'static str, String)],
    body_base64: String,
}

/// Pairs as an object, in their order. No scheme writes a header twice.
fn object<S: Serializer>(
    pairs: &&[(&'static str, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
