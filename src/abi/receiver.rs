//! The receiver's operations.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::answer::{Answer, frame};
use super::frame::Strings;
use super::options::Options;
use super::{Held, Host, Module, instant};
use crate::delivery::Delivery;
use crate::envelope::Encryption;
use crate::error::Error;
use crate::receiver::Receiver;
use crate::receiver_options::{KeyOptions, ReceiverOptions};
use crate::scheme::Envelope;

const OPTIONS: &[&str] = &[
    "scheme",
    "secrets",
    "public_keys",
    "encryption_keys",
    "envelope",
    "encryption",
    "audience",
    "tolerance_seconds",
    "future_tolerance_seconds",
    "max_body_bytes",
];

const OPEN_OPTIONS: &[&str] = &["now", "secrets", "public_keys", "encryption_keys"];

impl Module {
    /// Makes a receiver: facts `handle`, `scheme`, `max_body_bytes`, and each `header_name` that it
    /// reads.
    pub fn receiver_new(&mut self, host: &mut dyn Host, request: &[u8]) -> Vec<u8> {
        frame(self.make_receiver(host, request))
    }

    /// Verifies and opens a request: facts of the delivery. Without a fact `payload`, the payload
    /// is the body.
    pub fn receiver_open(
        &self,
        host: &mut dyn Host,
        handle: u64,
        request: &[u8],
        body: &[u8],
    ) -> Vec<u8> {
        frame(self.open(host, handle, request, body))
    }

    fn make_receiver(&mut self, host: &mut dyn Host, request: &[u8]) -> Result<Answer, Error> {
        let receiver = Receiver::new(receiver_options(&Options::all(request, OPTIONS)?)?)?;
        let mut answer = Answer::ok();
        answer.fact("scheme", receiver.scheme().name());
        answer.number("max_body_bytes", receiver.max_body_bytes());
        for name in receiver.scheme().header_names() {
            answer.fact("header_name", name);
        }
        answer.number("handle", self.keep(host, Held::Receiver(Box::new(receiver)))?);
        Ok(answer)
    }

    fn open(
        &self,
        host: &mut dyn Host,
        handle: u64,
        request: &[u8],
        body: &[u8],
    ) -> Result<Answer, Error> {
        let receiver = self.receiver(handle)?;
        let mut strings = Strings::of(request)?;
        let (options, more) = Options::read(&mut strings, OPEN_OPTIONS)?;
        let headers = if more { headers(strings)? } else { Vec::new() };
        let now = instant(&options, host)?;
        let delivery = match call_keys(&options)? {
            Some(keys) => receiver.open_with(&headers, body, now, &keys)?,
            None => receiver.open(&headers, body, now)?,
        };
        Ok(facts(&delivery))
    }
}

fn receiver_options(options: &Options<'_>) -> Result<ReceiverOptions, Error> {
    Ok(ReceiverOptions {
        scheme: options.scheme()?,
        keys: options.key_options()?,
        envelope: options.text("envelope")?.map(Envelope::named).transpose()?,
        encryption: options.text("encryption")?.map(Encryption::named).transpose()?,
        audience: options.text("audience")?.map(String::from),
        tolerance_seconds: options.whole("tolerance_seconds")?,
        future_tolerance_seconds: options.whole("future_tolerance_seconds")?,
        max_body_bytes: options.whole("max_body_bytes")?,
    })
}

/// The keys of one call; none where the frame names no list.
fn call_keys(options: &Options<'_>) -> Result<Option<KeyOptions>, Error> {
    let keys = options.key_options()?;
    let given = keys.secrets.is_some() || keys.public_keys.is_some();
    Ok((given || keys.encryption_keys.is_some()).then_some(keys))
}

/// A request's headers. A name that is not UTF-8 is none of a scheme's, and anybody can send one:
/// it is left out rather than refused.
fn headers<'a>(mut strings: Strings<'a>) -> Result<Vec<(&'a str, &'a [u8])>, Error> {
    let mut headers = Vec::new();
    while let Some(name) = strings.next()? {
        let value = strings.value()?;
        headers.extend(core::str::from_utf8(name).ok().map(|name| (name, value)));
    }
    Ok(headers)
}

fn facts(delivery: &Delivery<'_>) -> Answer {
    let mut answer = Answer::ok();
    answer.fact_if("id", delivery.id());
    if let Some(timestamp) = delivery.timestamp() {
        answer.number("timestamp", timestamp);
    }
    answer.fact("replay_key", &*delivery.replay_key());
    answer.fact("replay_key_source", delivery.replay_key_source().as_str());
    for id in delivery.matched_secret_ids() {
        answer.fact("matched_secret_id", id);
    }
    answer.fact_if("content_type", delivery.content_type());
    if let Some(key_id) = delivery.encryption_key_id() {
        answer.fact("encryption_key_id", key_id);
        answer.payload("payload", delivery.payload());
    }
    answer
}
