//! Runs the vectors of what a gateway keeps and logs: every file in `tests/vectors/at_rest/`.

mod support;

use base64ct::{Base64, Encoding};
use postseal::{Error, KeyInput, LogKey, StorageKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use support::{File, decode};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StorageCase {
    name: String,
    key: String,
    record: String,
    /// What is opened; and where there is a nonce too, what sealing must give.
    stored_base64: Option<String>,
    payload_base64: Option<String>,
    nonce: Option<String>,
    expect: Value,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogCase {
    name: String,
    key: String,
    id: String,
    expect: Value,
    source: String,
}

fn cases<C: DeserializeOwned>(name: &str) -> Vec<C> {
    let path = support::folder().join("at_rest").join(name);
    let file: File<C> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(!file.about.is_empty() && !file.cases.is_empty());
    file.cases
}

#[test]
fn every_file_has_a_runner() {
    let files = std::fs::read_dir(support::folder().join("at_rest")).unwrap();
    let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with(".json")).count(), 2);
}

#[test]
fn storage_keys() {
    for case in cases::<StorageCase>("storage_key.json") {
        assert!(!case.source.is_empty());
        let got = stored(&case).unwrap_or_else(|error| json!({ "code": error.code().as_str() }));
        assert_eq!(got, case.expect, "{}", case.name);
    }
}

/// What a case opens to. Where it has a nonce, sealing gives the stored bytes again.
fn stored(case: &StorageCase) -> Result<Value, Error> {
    let key = StorageKey::parse(&KeyInput::from(case.key.as_str()))?;
    let mut nonce = |bytes: &mut [u8]| {
        bytes.copy_from_slice(&hex(case.nonce.as_deref().unwrap()));
        Ok(())
    };
    if let Some(payload) = &case.payload_base64 {
        return key.seal(&case.record, &decode(payload), &mut nonce).map(|_| Value::Null);
    }
    let stored = decode(case.stored_base64.as_deref().unwrap());
    let payload = key.open(&case.record, &stored)?;
    assert_eq!(key.seal(&case.record, &payload, &mut nonce)?, stored, "{}", case.name);
    Ok(json!({ "payload_base64": Base64::encode_string(&payload) }))
}

#[test]
fn log_keys() {
    for case in cases::<LogCase>("log_key.json") {
        assert!(!case.source.is_empty());
        let got = match LogKey::parse(&case.key) {
            Ok(key) => json!({ "name": key.name(&case.id) }),
            Err(error) => json!({ "code": error.code().as_str() }),
        };
        assert_eq!(got, case.expect, "{}", case.name);
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
