//! `postseal keyid`: prints the name that an encryption key has by default.

use clap::Args;
use postseal::{Error, key_id};
use serde::Serialize;

use crate::key_argument::{KeyArgument, KeyKind, SPELLINGS};
use crate::report::Answer;

/// Print the id (kid) of an encryption key
#[derive(Args)]
#[command(after_help = format!("{SPELLINGS}\n\n{EXAMPLES}"))]
pub(crate) struct Keyid {
    /// The encryption key, whenc_… (an "id" beside it is not looked at)
    key: KeyArgument,
}

const EXAMPLES: &str = "\
Examples:
  postseal keyid file:orders.key
  postseal keyid env:ORDERS_KEY";

impl Keyid {
    pub(super) fn run(self, json: bool) -> Result<Answer, Error> {
        #[derive(Serialize)]
        struct Facts<'a> {
            kid: &'a str,
        }
        let key = self.key.read(KeyKind::EncryptionKey, 1)?;
        let kid = key_id(&key.text)?;
        if json {
            return Answer::json(&Facts { kid: &kid });
        }
        Ok(Answer::line(&kid))
    }
}
