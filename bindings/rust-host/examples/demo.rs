//! Answers the demo's question in wasmtime: JSON on standard input, JSON on standard output, as
//! `tests/demo/stdio.mjs` does. The module is the program's argument.

use std::error::Error as StdError;
use std::time::SystemTime;
use std::{env, fs, io};

use base64ct::{Base64, Encoding};
use postseal::policy::claim::Swap;
use postseal_host::{
    Delivery, Error, Host, HostOptions, KeyInput, KeyList, KeyOptions, Message, ReceiverOptions,
    SenderOptions, Subject, Trust, UnixTime,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

type Failure = Box<dyn StdError>;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Question {
    Seal(Seal),
    Open(Vec<Open>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    options: Options,
    message: Sealable,
    now: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealable {
    id: String,
    payload: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    options: Options,
    headers: Map<String, Value>,
    body_base64: String,
    repeat: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    secrets: Vec<Key>,
    encryption_keys: Vec<Key>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Key {
    Text(String),
    Named { id: String, secret: String },
}

fn main() -> Result<(), Failure> {
    let module = env::args().nth(1).ok_or("usage: demo MODULE < question.json")?;
    let options = HostOptions { trust: Trust::Unchecked, ..HostOptions::default() };
    let host = Host::load(&fs::read(module)?, options)?;
    let answer = match serde_json::from_reader(io::stdin())? {
        Question::Seal(question) => seal(&host, &question)?,
        Question::Open(cases) => {
            let answers = cases.iter().map(|case| answer(&host, case));
            Value::Array(answers.collect::<Result<_, Failure>>()?)
        }
    };
    println!("{answer}");
    Ok(())
}

fn seal(host: &Host, Seal { options, message, now }: &Seal) -> Result<Value, Failure> {
    let sender = host.sender(SenderOptions {
        secrets: Some(list(&options.secrets)),
        encryption_keys: Some(list(&options.encryption_keys)),
        ..SenderOptions::default()
    })?;
    let payload = message.payload.as_bytes();
    let message = Message { id: &message.id, content_type: None, payload };
    let sealed = sender.seal(&message, UnixTime::new(*now)?)?;
    let headers: Map<_, _> =
        sealed.headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    Ok(json!({ "headers": headers, "body_base64": Base64::encode_string(&sealed.body) }))
}

fn answer(host: &Host, case: &Open) -> Result<Value, Failure> {
    let value = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let headers: Vec<_> =
        case.headers.iter().map(|(name, text)| (name.clone(), value(text))).collect();
    let body = Base64::decode_vec(&case.body_base64).map_err(|_| "a body is not base64")?;
    let keys = KeyOptions {
        secrets: Some(list(&case.options.secrets)),
        encryption_keys: Some(list(&case.options.encryption_keys)),
        ..KeyOptions::default()
    };
    let receiver = host.receiver(ReceiverOptions { keys, ..ReceiverOptions::default() })?;
    let now = UnixTime::try_from(SystemTime::now())?;
    let delivery = match receiver.open(&headers, &body, now) {
        Ok(delivery) => delivery,
        Err(error) => return Ok(json!({ "outcome": error.code().as_str() })),
    };
    let payload: Value = serde_json::from_slice(delivery.payload()).unwrap_or_default();
    Ok(match (payload["type"] == "invoice.paid", case.repeat) {
        (false, _) => json!({ "outcome": "wrong payload" }),
        (true, true) => json!({ "outcome": claim_twice(host, &delivery, now)? }),
        (true, false) => json!({ "outcome": "ok", "matched": delivery.matched_secret_ids() }),
    })
}

/// The first claim does the work; what the second one is told is the answer.
fn claim_twice(host: &Host, delivery: &Delivery<'_>, now: UnixTime) -> Result<&'static str, Error> {
    // The store of the demo: the one text that its one key has.
    let mut stored: Option<String> = None;
    let mut swap = |swap: &Swap| {
        let writes = stored == swap.expected;
        if writes {
            stored = Some(swap.next.clone());
        }
        (writes, stored.clone())
    };
    let claims = host.claims(None, None);
    let subject = Subject {
        source: "demo",
        scheme: delivery.scheme(),
        replay_key: &delivery.replay_key(),
        payload: delivery.payload(),
    };
    let (_, first) = claims.begin(&subject, now)?;
    swap(&first);
    swap(&claims.done(&first.next)?);
    let (_, second) = claims.begin(&subject, now)?;
    match swap(&second) {
        (true, _) => Ok("new"),
        (false, current) => Ok(claims.decide(&second.next, current.as_deref(), now)?.as_str()),
    }
}

fn list(keys: &[Key]) -> KeyList {
    let input = |key: &Key| match key {
        Key::Text(text) => KeyInput::from(text.as_str()),
        Key::Named { id, secret } => {
            KeyInput { id: Some(id.clone()), ..KeyInput::from(secret.as_str()) }
        }
    };
    keys.iter().map(input).map(Some).collect()
}
