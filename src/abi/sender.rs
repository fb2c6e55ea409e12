//! The sender's operations.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::answer::{Answer, frame};
use super::options::Options;
use super::{Held, Host, Module, instant};
use crate::error::Error;
use crate::message::Message;
use crate::scheme::Envelope;
use crate::sender::Sender;
use crate::sender_options::SenderOptions;

const OPTIONS: &[&str] = &[
    "scheme",
    "secrets",
    "encryption_keys",
    "envelope",
    "audience",
    "max_body_bytes",
    "sealed_before",
];

const MESSAGE_OPTIONS: &[&str] = &["id", "content_type", "now"];

impl Module {
    /// Makes a sender: facts `handle`, `scheme` and `max_body_bytes`.
    pub fn sender_new(&mut self, host: &mut dyn Host, request: &[u8]) -> Vec<u8> {
        frame(self.make_sender(host, request))
    }

    /// Encrypts and signs a message: its `body`, unless that is the payload, and its headers.
    pub fn sender_seal(
        &self,
        host: &mut dyn Host,
        handle: u64,
        request: &[u8],
        payload: &[u8],
    ) -> Vec<u8> {
        frame(self.seal(host, handle, request, payload))
    }

    /// Encrypts a message, once for all attempts: its `handle`, and its `body`, unless that is the
    /// payload.
    pub fn sender_prepare(
        &mut self,
        host: &mut dyn Host,
        handle: u64,
        request: &[u8],
        payload: &[u8],
    ) -> Vec<u8> {
        frame(self.prepare(host, handle, request, payload))
    }

    /// Signs a prepared message for one attempt: its headers.
    pub fn sender_sign(
        &self,
        host: &mut dyn Host,
        handle: u64,
        prepared: u64,
        request: &[u8],
    ) -> Vec<u8> {
        frame(self.sign(host, handle, prepared, request))
    }

    fn make_sender(&mut self, host: &mut dyn Host, request: &[u8]) -> Result<Answer, Error> {
        let sender = Sender::new(sender_options(&Options::all(request, OPTIONS)?)?)?;
        let mut answer = Answer::ok();
        answer.fact("scheme", sender.scheme().name());
        answer.number("max_body_bytes", sender.max_body_bytes());
        answer.number("handle", self.keep(host, Held::Sender(Box::new(sender)))?);
        Ok(answer)
    }

    fn seal(
        &self,
        host: &mut dyn Host,
        handle: u64,
        request: &[u8],
        payload: &[u8],
    ) -> Result<Answer, Error> {
        let sender = self.sender(handle)?;
        let options = Options::all(request, MESSAGE_OPTIONS)?;
        let (message, now) = (message(&options, payload)?, instant(&options, host)?);
        let sealed = sender.seal(&message, now, &mut |bytes| host.entropy(bytes))?;
        let mut answer = answer_body(&sealed.body, payload);
        answer.headers(&sealed.headers);
        Ok(answer)
    }

    fn prepare(
        &mut self,
        host: &mut dyn Host,
        handle: u64,
        request: &[u8],
        payload: &[u8],
    ) -> Result<Answer, Error> {
        let sender = self.sender(handle)?;
        let options = Options::all(request, MESSAGE_OPTIONS)?;
        let (message, now) = (message(&options, payload)?, instant(&options, host)?);
        let prepared = sender.prepare(&message, now, &mut |bytes| host.entropy(bytes))?;
        let mut answer = answer_body(prepared.body(), payload);
        answer.number("handle", self.keep(host, Held::Prepared(Box::new(prepared)))?);
        Ok(answer)
    }

    fn sign(
        &self,
        host: &mut dyn Host,
        handle: u64,
        prepared: u64,
        request: &[u8],
    ) -> Result<Answer, Error> {
        let (sender, prepared) = (self.sender(handle)?, self.prepared(prepared)?);
        let now = instant(&Options::all(request, &["now"])?, host)?;
        let mut answer = Answer::ok();
        answer.headers(&sender.sign(prepared, now)?);
        Ok(answer)
    }
}

fn sender_options(options: &Options<'_>) -> Result<SenderOptions, Error> {
    Ok(SenderOptions {
        scheme: options.scheme()?,
        secrets: options.keys("secrets")?,
        encryption_keys: options.keys("encryption_keys")?,
        envelope: options.text("envelope")?.map(Envelope::named).transpose()?,
        audience: options.text("audience")?.map(String::from),
        max_body_bytes: options.whole("max_body_bytes")?,
        sealed_before: options.whole("sealed_before")?.unwrap_or(0),
    })
}

fn message<'a>(options: &Options<'a>, payload: &'a [u8]) -> Result<Message<'a>, Error> {
    Ok(Message {
        id: options.required("id")?,
        content_type: options.text("content_type")?,
        payload,
    })
}

/// A body that is the payload itself is not copied back.
fn answer_body(body: &[u8], payload: &[u8]) -> Answer {
    let mut answer = Answer::ok();
    if body != payload {
        answer.payload("body", body);
    }
    answer
}
