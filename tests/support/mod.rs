//! The vector files as types: an unknown member or expectation fails the run.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test binary uses its own part")]

pub mod frames;
pub mod policies;
pub mod runner;

use base64ct::{Base64, Encoding};
use postseal::{
    Encryption, Envelope, KeyInput, KeyList, KeyOptions, ReceiverOptions, Scheme, SecretEncoding,
    SenderOptions,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::{Path, PathBuf};

/// One file of vectors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File<C> {
    pub about: String,
    pub cases: Vec<C>,
}

/// One case of receiving.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub scheme: String,
    pub options: Options,
    pub now: i64,
    pub headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
    body_repeat: Option<(String, usize)>,
    pub expect: Expect,
    pub seal: Option<Seal>,
    pub source: String,
}

/// What must come of a case.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expect {
    Code(String),
    Delivery(Box<ExpectedDelivery>),
}

/// Every fact of a delivery.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedDelivery {
    pub id: Option<String>,
    pub timestamp: Option<u64>,
    pub replay_key: String,
    pub replay_key_source: String,
    pub replay_protected: bool,
    pub secret_id: String,
    pub matched_secret_ids: Vec<String>,
    pub encrypted: bool,
    pub encryption_key_id: Option<String>,
    pub content_type: Option<String>,
    payload: Option<String>,
    #[serde(rename = "payload_base64")]
    payload_base64: Option<String>,
}

/// A message that must seal to the case's headers and body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    pub message: SealMessage,
    nonce: Option<String>,
    pub options: Options,
}

/// What is sealed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealMessage {
    pub id: String,
    #[serde(rename = "contentType")]
    pub content_type: Option<String>,
    payload: Option<String>,
    payload_base64: Option<String>,
    payload_repeat: Option<(String, usize)>,
}

/// One case of a sender's refusal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SenderCase {
    pub name: String,
    pub scheme: String,
    pub options: Options,
    pub now: i64,
    pub message: SealMessage,
    #[serde(default)]
    pub nonces: Vec<String>,
    pub expect: Expect,
    pub source: String,
}

/// Options of a receiver or a sender, as a user writes them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    secrets: Option<Vec<Option<Key>>>,
    public_keys: Option<Vec<Option<Key>>>,
    encryption_keys: Option<Vec<Option<Key>>>,
    envelope: Option<String>,
    encryption: Option<String>,
    audience: Option<String>,
    tolerance_seconds: Option<u32>,
    future_tolerance_seconds: Option<u32>,
    max_body_bytes: Option<usize>,
    sealed_before: Option<u64>,
    keys: Option<Keys>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Keys {
    secrets: Option<Vec<Option<Key>>>,
    public_keys: Option<Vec<Option<Key>>>,
    encryption_keys: Option<Vec<Option<Key>>>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Key {
    Text(String),
    Described(DescribedKey),
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DescribedKey {
    id: Option<String>,
    secret: String,
    encoding: Option<String>,
    not_before: Option<i64>,
    not_after: Option<i64>,
}

impl Case {
    /// The body's bytes.
    pub fn body(&self) -> Vec<u8> {
        bytes(self.body.as_ref(), self.body_base64.as_ref(), self.body_repeat.as_ref())
    }
}

impl ExpectedDelivery {
    /// The payload's bytes.
    pub fn payload(&self) -> Vec<u8> {
        bytes(self.payload.as_ref(), self.payload_base64.as_ref(), None)
    }
}

impl Seal {
    /// The nonce, where the message is encrypted.
    pub fn nonce(&self) -> Option<Vec<u8>> {
        self.nonce.as_deref().map(decode)
    }
}

impl SealMessage {
    /// The payload's bytes.
    pub fn payload(&self) -> Vec<u8> {
        bytes(self.payload.as_ref(), self.payload_base64.as_ref(), self.payload_repeat.as_ref())
    }
}

impl Options {
    /// The options of a receiver.
    pub fn receiver(&self, scheme: &str) -> Result<ReceiverOptions, postseal::Error> {
        assert!(self.sealed_before.is_none(), "sealedBefore is a sender's option");
        Ok(ReceiverOptions {
            scheme: Scheme::named(scheme)?,
            keys: KeyOptions {
                secrets: list(&self.secrets),
                public_keys: list(&self.public_keys),
                encryption_keys: list(&self.encryption_keys),
            },
            envelope: self.envelope.as_deref().map(Envelope::named).transpose()?,
            encryption: self.encryption.as_deref().map(Encryption::named).transpose()?,
            audience: self.audience.clone(),
            tolerance_seconds: self.tolerance_seconds,
            future_tolerance_seconds: self.future_tolerance_seconds,
            max_body_bytes: self.max_body_bytes,
        })
    }

    /// The keys of one call.
    pub fn call_keys(&self) -> Option<KeyOptions> {
        self.keys.as_ref().map(|keys| KeyOptions {
            secrets: list(&keys.secrets),
            public_keys: list(&keys.public_keys),
            encryption_keys: list(&keys.encryption_keys),
        })
    }

    /// The options of a sender.
    pub fn sender(&self, scheme: &str) -> Result<SenderOptions, postseal::Error> {
        Ok(SenderOptions {
            scheme: Scheme::named(scheme)?,
            secrets: list(&self.secrets),
            encryption_keys: list(&self.encryption_keys),
            envelope: self.envelope.as_deref().map(Envelope::named).transpose()?,
            audience: self.audience.clone(),
            max_body_bytes: self.max_body_bytes,
            sealed_before: self.sealed_before.unwrap_or(0),
        })
    }
}

/// The file of a sender's refusals; every other one in the folder is of receiving.
const SENDER_FILE: &str = "sender.json";

/// Every case of receiving, with the name of its file.
pub fn receiving() -> Vec<(String, Case)> {
    cases(|name| name != SENDER_FILE)
}

/// Every case of a sender's refusal, with the name of its file.
pub fn sending() -> Vec<(String, SenderCase)> {
    cases(|name| name == SENDER_FILE)
}

fn cases<C: DeserializeOwned>(wanted: impl Fn(&str) -> bool) -> Vec<(String, C)> {
    let folder = folder();
    let entries = fs::read_dir(&folder).expect("the folder of vectors");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .filter(|name| name.ends_with(".json") && wanted(name))
        .collect();
    names.sort();
    let named = |name: String| {
        let file = read(&folder.join(&name));
        file.cases.into_iter().map(move |case| (name.clone(), case))
    };
    names.into_iter().flat_map(named).collect()
}

/// The folder of vectors, from whichever crate of the workspace.
pub fn folder() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut folders = crates.map(|path| path.join("tests/vectors"));
    folders.find(|path| path.is_dir()).expect("the folder of vectors")
}

fn read<C: DeserializeOwned>(path: &Path) -> File<C> {
    let text = fs::read_to_string(path).expect("a readable file");
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// Reads base64 of a vector.
pub fn decode(text: &str) -> Vec<u8> {
    Base64::decode_vec(text).expect("base64 in a vector")
}

fn bytes(
    text: Option<&String>,
    base64: Option<&String>,
    repeat: Option<&(String, usize)>,
) -> Vec<u8> {
    match (text, base64, repeat) {
        (Some(text), None, None) => text.clone().into_bytes(),
        (None, Some(text), None) => decode(text),
        (None, None, Some((text, count))) => text.repeat(*count).into_bytes(),
        _ => panic!("a vector has its bytes in exactly one form"),
    }
}

fn list(keys: &Option<Vec<Option<Key>>>) -> Option<KeyList> {
    let input = |key: &Option<Key>| key.as_ref().map(input);
    keys.as_ref().map(|keys| keys.iter().map(input).collect())
}

fn input(key: &Key) -> KeyInput {
    match key {
        Key::Text(text) => KeyInput::from(text.as_str()),
        Key::Described(key) => KeyInput {
            id: key.id.clone(),
            encoding: match key.encoding.as_deref() {
                None => SecretEncoding::OfScheme,
                Some("text") => SecretEncoding::Text,
                Some(other) => panic!("unknown encoding {other}"),
            },
            not_before: key.not_before,
            not_after: key.not_after,
            ..KeyInput::from(key.secret.as_str())
        },
    }
}
