//! The receiver's exports.

use postseal::{Delivery, Encryption, Envelope, Error, ReceiverOptions, Scheme};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::fields::{Fields, call_keys};
use crate::host::{Refusal, instant};

/// A receiver, and the decrypted payload of its last delivery until that is taken.
#[wasm_bindgen]
pub struct Receiver {
    core: postseal::Receiver,
    payload: Option<Zeroizing<Vec<u8>>>,
}

#[wasm_bindgen]
impl Receiver {
    /// A receiver with the given options: an object that `Fields` can read.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Result<Receiver, Refusal> {
        let core = postseal::Receiver::new(receiver_options(options)?)?;
        Ok(Receiver { core, payload: None })
    }

    /// The headers that `open` wants, in lower case.
    #[wasm_bindgen(js_name = headerNames)]
    pub fn header_names(&self) -> Result<JsValue, serde_wasm_bindgen::Error> {
        serde_wasm_bindgen::to_value(&self.core.scheme().header_names())
    }

    /// The largest body that `open` accepts.
    #[wasm_bindgen(js_name = maxBodyBytes)]
    pub fn max_body_bytes(&self) -> usize {
        self.core.max_body_bytes()
    }

    /// The name of the scheme.
    pub fn scheme(&self) -> String {
        self.core.scheme().name().to_owned()
    }

    /// Verifies and decrypts. `headers` is name, value, name, value, …; the answer is the
    /// delivery's facts. A decrypted payload waits in `take_payload`; a plain one is the body, and
    /// is not copied back.
    pub fn open(
        &mut self,
        headers: &str,
        body: &[u8],
        now: Option<f64>,
        keys: &JsValue,
    ) -> Result<String, Refusal> {
        self.payload = None;
        let headers = pairs(headers);
        let now = instant(now)?;
        let delivery = if keys.is_undefined() {
            self.core.open(&headers, body, now)?
        } else {
            self.core.open_with(&headers, body, now, &call_keys(keys)?)?
        };
        let facts = facts(&delivery);
        if delivery.encrypted() {
            self.payload = Some(Zeroizing::new(delivery.into_payload()));
        }
        Ok(facts)
    }

    /// The decrypted payload of the last delivery, once: it is wiped here as it is handed over.
    #[wasm_bindgen(js_name = takePayload)]
    pub fn take_payload(&mut self) -> js_sys::Uint8Array {
        let payload = self.payload.take().unwrap_or_default();
        js_sys::Uint8Array::from(payload.as_slice())
    }
}

const OPTIONS: &[&str] = &[
    "scheme",
    "secrets",
    "publicKeys",
    "encryptionKeys",
    "envelope",
    "encryption",
    "audience",
    "toleranceSeconds",
    "futureToleranceSeconds",
    "maxBodyBytes",
];

fn receiver_options(options: &JsValue) -> Result<ReceiverOptions, Error> {
    let options = Fields::of(options, OPTIONS)?;
    let scheme = options.text("scheme")?;
    Ok(ReceiverOptions {
        scheme: Scheme::named(scheme.as_deref().unwrap_or(Scheme::standard().name()))?,
        keys: options.key_options()?,
        envelope: options.text("envelope")?.as_deref().map(Envelope::named).transpose()?,
        encryption: options.text("encryption")?.as_deref().map(Encryption::named).transpose()?,
        audience: options.text("audience")?,
        tolerance_seconds: options.whole("toleranceSeconds")?,
        future_tolerance_seconds: options.whole("futureToleranceSeconds")?,
        max_body_bytes: options.whole("maxBodyBytes")?,
    })
}

fn pairs(headers: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    let mut texts = headers.split('\0');
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        pairs.push((name, value));
    }
    pairs
}

/// The facts in the order in which `delivery.ts` reads them; an empty text stands for null. What
/// follows from these is not said again: the replay key is the id where there is one, and else
/// `payload_hash` gives it.
// INVARIANT: only the content type, which comes last and after `=`, can be empty or hold a NUL;
// ids of secrets hold no space.
fn facts(delivery: &Delivery<'_>) -> String {
    let timestamp = delivery.timestamp().map(|seconds| seconds.to_string());
    let content_type = delivery.content_type().map(|text| format!("={text}"));
    [
        delivery.id().unwrap_or_default(),
        timestamp.as_deref().unwrap_or_default(),
        &delivery.matched_secret_ids().join(" "),
        delivery.encryption_key_id().unwrap_or_default(),
        content_type.as_deref().unwrap_or_default(),
    ]
    .join("\0")
}
