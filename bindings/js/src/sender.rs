//! The sender's exports.

use postseal::{Envelope, Error, Message, Scheme, SenderOptions};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::fields::fields;
use crate::host::{Refusal, entropy, instant};

/// A sender.
#[wasm_bindgen]
pub struct Sender {
    core: postseal::Sender,
}

/// A message that is encrypted already, and is signed anew for each attempt.
#[wasm_bindgen]
pub struct Prepared {
    core: postseal::Prepared,
}

#[wasm_bindgen]
impl Sender {
    /// A sender of the given options: a flat array of names and values.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Result<Sender, Refusal> {
        let core = postseal::Sender::new(sender_options(options)?)?;
        Ok(Sender { core })
    }

    /// Encrypts where there is a key, once for all attempts.
    pub fn prepare(
        &self,
        id: &str,
        content_type: Option<String>,
        payload: &[u8],
        now: Option<f64>,
    ) -> Result<Prepared, Refusal> {
        let message = Message { id, content_type: content_type.as_deref(), payload };
        let core = self.core.prepare(&message, instant(now)?, &mut entropy)?;
        Ok(Prepared { core })
    }

    /// The headers for one attempt, in the order in which they are to be sent: name, value, name,
    /// value, …
    // INVARIANT: no header that the core writes holds a NUL.
    pub fn sign(&self, prepared: &Prepared, now: Option<f64>) -> Result<String, Refusal> {
        let headers = self.core.sign(&prepared.core, instant(now)?)?;
        let texts: Vec<&str> =
            headers.iter().flat_map(|(name, value)| [*name, value.as_str()]).collect();
        Ok(texts.join("\0"))
    }
}

#[wasm_bindgen]
impl Prepared {
    /// The bytes to send.
    pub fn body(&self) -> js_sys::Uint8Array {
        js_sys::Uint8Array::from(self.core.body())
    }
}

fn sender_options(options: &JsValue) -> Result<SenderOptions, Error> {
    let mut sender = SenderOptions { secrets: vec![None], ..SenderOptions::default() };
    for field in fields(options)? {
        match field.name() {
            "scheme" => sender.scheme = Scheme::named(&field.text()?)?,
            "secrets" => sender.secrets = field.keys()?,
            "encryptionKeys" => sender.encryption_keys = Some(field.keys()?),
            "envelope" => sender.envelope = Some(Envelope::named(&field.text()?)?),
            "audience" => sender.audience = Some(field.text()?),
            "maxBodyBytes" => sender.max_body_bytes = Some(field.whole()?),
            "sealedBefore" => sender.sealed_before = field.whole()?,
            _ => return Err(field.unknown()),
        }
    }
    Ok(sender)
}
