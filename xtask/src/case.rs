//! A row of the demo's table: what every runtime is to open, and what it must answer.

use serde_json::{Value, json};

use crate::sealed::Sealed;

/// What one runtime is to open, and what it must answer.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// `ok`, or the code of the refusal, or `duplicate`.
    pub(crate) expect: &'static str,
    /// The ids of the secrets that must have signed the message, where the case is about rotation.
    pub(crate) matched: &'static [&'static str],
    /// Whether the case is a repeat, which only a runtime with a store can notice.
    pub(crate) repeat: bool,
    pub(crate) secrets: Vec<Value>,
    pub(crate) encryption_key: String,
    pub(crate) message: Sealed,
}

impl Case {
    /// The case as tests/demo/cases.mjs reads it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "options": { "secrets": self.secrets, "encryptionKeys": [self.encryption_key] },
            "headers": self.message.headers,
            "body_base64": self.message.body_base64,
            "repeat": self.repeat,
        })
    }
}
