//! The sender's exports.

use postseal::{Envelope, Error, Message, Scheme, SenderOptions};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::fields::Fields;
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
    /// A sender with the given options: an object that `Fields` can read.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Result<Sender, Refusal> {
        let core = postseal::Sender::new(sender_options(options)?)?;
        Ok(Sender { core })
    }

    /// The name of the scheme.
    pub fn scheme(&self) -> String {
        self.core.scheme().name().to_owned()
    }

    /// The largest body that is sealed.
    #[wasm_bindgen(js_name = maxBodyBytes)]
    pub fn max_body_bytes(&self) -> usize {
        self.core.max_body_bytes()
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

const OPTIONS: &[&str] = &[
    "scheme",
    "secrets",
    "encryptionKeys",
    "envelope",
    "audience",
    "maxBodyBytes",
    "sealedBefore",
];

fn sender_options(options: &JsValue) -> Result<SenderOptions, Error> {
    let options = Fields::of(options, OPTIONS)?;
    let scheme = options.text("scheme")?;
    let keys = options.key_options()?;
    Ok(SenderOptions {
        scheme: Scheme::named(scheme.as_deref().unwrap_or(Scheme::standard().name()))?,
        secrets: keys.secrets,
        encryption_keys: keys.encryption_keys,
        envelope: options.text("envelope")?.as_deref().map(Envelope::named).transpose()?,
        audience: options.text("audience")?,
        max_body_bytes: options.whole("maxBodyBytes")?,
        sealed_before: options.whole("sealedBefore")?.unwrap_or(0),
    })
}
