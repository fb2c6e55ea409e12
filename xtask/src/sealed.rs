//! A sealed message, as any runtime makes it, and the payload of all of them.

use anyhow::{Result, anyhow, bail};
use base64ct::{Base64, Encoding};
use serde_json::{Map, Value};

/// The payload of every message.
pub(crate) const PAYLOAD: &str = r#"{"type":"invoice.paid","amount":4200}"#;

/// Headers and body, as they go over the wire.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(crate) headers: Map<String, Value>,
    pub(crate) body_base64: String,
}

impl Sealed {
    /// Reads `{"headers":{…},"body_base64":…}`.
    pub(crate) fn parse(answer: &Value) -> Result<Self> {
        let headers = answer.get("headers").and_then(Value::as_object);
        let body = answer.get("body_base64").and_then(Value::as_str);
        let (Some(headers), Some(body)) = (headers, body) else {
            bail!("not a sealed message: {answer}");
        };
        Ok(Sealed { headers: headers.clone(), body_base64: body.to_owned() })
    }

    /// The same message with another first byte in its body.
    pub(crate) fn changed_byte(&self) -> Self {
        let first = if self.body_base64.starts_with('Z') { "Y" } else { "Z" };
        let body_base64 = format!("{first}{}", self.body_base64.get(1..).unwrap_or_default());
        Sealed { headers: self.headers.clone(), body_base64 }
    }

    /// The same message under the id of another.
    pub(crate) fn with_id_of(&self, other: &Sealed) -> Self {
        let mut swapped = self.clone();
        if let Some(id) = other.headers.get("webhook-id") {
            swapped.headers.insert("webhook-id".to_owned(), id.clone());
        }
        swapped
    }
}

/// A JSON string's text; empty for anything else.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The bytes that a base64 text stands for.
pub(crate) fn decode(base64: &str) -> Result<Vec<u8>> {
    Base64::decode_vec(base64).map_err(|error| anyhow!("not base64: {error}"))
}
