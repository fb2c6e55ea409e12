//! The operations on keys: new ones, and the id of one.

use alloc::vec::Vec;

use super::answer::{Answer, frame};
use super::options::Options;
use super::{Host, Module};
use crate::encryption_key::key_id;
use crate::error::{Code, Error};
use crate::generate::{generate_encryption_key, generate_secret, generate_signing_key_pair};

impl Module {
    /// Makes new keys of the option `kind`: the fact `secret` or `encryption_key`; or `private_key`
    /// and `public_key` of a `signing_key_pair`.
    pub fn generate(&self, host: &mut dyn Host, request: &[u8]) -> Vec<u8> {
        frame(generate(host, request))
    }

    /// The id that an `encryption_key` has by default: the fact `key_id`.
    pub fn key_id(&self, request: &[u8]) -> Vec<u8> {
        frame(id(request))
    }
}

fn generate(host: &mut dyn Host, request: &[u8]) -> Result<Answer, Error> {
    let options = Options::all(request, &["kind"])?;
    let mut entropy = |bytes: &mut [u8]| host.entropy(bytes);
    let mut answer = Answer::ok();
    match options.required("kind")? {
        "secret" => answer.fact("secret", generate_secret(&mut entropy)?.as_bytes()),
        "encryption_key" => {
            answer.fact("encryption_key", generate_encryption_key(&mut entropy)?.as_bytes());
        }
        "signing_key_pair" => {
            let pair = generate_signing_key_pair(&mut entropy)?;
            answer.fact("private_key", pair.private_key.as_bytes());
            answer.fact("public_key", &pair.public_key);
        }
        _ => {
            let kinds = "`kind` must be secret, encryption_key or signing_key_pair";
            return Err(Error::new(Code::InvalidConfig, kinds));
        }
    }
    Ok(answer)
}

fn id(request: &[u8]) -> Result<Answer, Error> {
    let options = Options::all(request, &["encryption_key"])?;
    let mut answer = Answer::ok();
    answer.fact("key_id", key_id(options.required("encryption_key")?)?);
    Ok(answer)
}
