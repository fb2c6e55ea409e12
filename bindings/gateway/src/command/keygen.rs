//! `postseal keygen`: makes a signing secret, an encryption key or an Ed25519 key pair.

use clap::{Args, ValueEnum};
use postseal::{
    Error, generate_encryption_key, generate_secret, generate_signing_key_pair, key_id,
};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::host::entropy;
use crate::report::Answer;

const EXAMPLES: &str = "\
A signing secret or an encryption key stands alone on standard output; the id (kid) of an encryption
key goes to standard error. A key pair is two lines, private_key=whsk_… and public_key=whpk_….

Examples:
  postseal keygen > orders.secret
  postseal keygen encryption > orders.key
  eval \"$(postseal keygen ed25519)\"          # sets $private_key and $public_key";

/// Make a signing secret, an encryption key or an Ed25519 key pair
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Keygen {
    /// What to make
    #[arg(value_enum, default_value = "signing")]
    kind: Kind,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// a secret for HMAC-SHA256 signatures, whsec_…
    Signing,
    /// a key for AES-256-GCM payloads, whenc_…
    Encryption,
    /// a key pair for Ed25519 signatures: whsk_… signs, whpk_… verifies
    Ed25519,
}

impl Keygen {
    pub(super) fn run(self, json: bool) -> Result<Answer, Error> {
        match self.kind {
            Kind::Signing => signing(json),
            Kind::Encryption => encryption(json),
            Kind::Ed25519 => ed25519(json),
        }
    }
}

fn signing(json: bool) -> Result<Answer, Error> {
    #[derive(Serialize)]
    struct Facts<'a> {
        secret: &'a str,
    }
    let secret = generate_secret(&mut entropy)?;
    if json {
        return Answer::json(&Facts { secret: &secret });
    }
    Ok(Answer::line(&secret))
}

fn encryption(json: bool) -> Result<Answer, Error> {
    #[derive(Serialize)]
    struct Facts<'a> {
        encryption_key: &'a str,
        kid: &'a str,
    }
    let encryption_key = generate_encryption_key(&mut entropy)?;
    let kid = key_id(&encryption_key)?;
    if json {
        return Answer::json(&Facts { encryption_key: &encryption_key, kid: &kid });
    }
    Ok(Answer::line(&encryption_key).with_note(format!("kid: {kid}")))
}

fn ed25519(json: bool) -> Result<Answer, Error> {
    #[derive(Serialize)]
    struct Facts<'a> {
        private_key: &'a str,
        public_key: &'a str,
    }
    let pair = generate_signing_key_pair(&mut entropy)?;
    let (private_key, public_key) = (pair.private_key.as_str(), pair.public_key.as_str());
    if json {
        return Answer::json(&Facts { private_key, public_key });
    }
    let lines = Zeroizing::new(format!("private_key={private_key}\npublic_key={public_key}"));
    Ok(Answer::line(&lines))
}
