//! The messages of the demo, good and bad, and the answer that every runtime must give to each.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::case::Case;
use crate::runtime::{self, Runtime};
use crate::sealed::{self, Sealed};

const HOUR_SECONDS: u64 = 3600;

/// The secrets and keys of the demo, made by the program itself.
pub(crate) struct Keys {
    old_secret: String,
    new_secret: String,
    encryption: String,
    other_encryption: String,
}

impl Keys {
    /// New secrets and keys for this run.
    pub(crate) fn generate() -> Result<Self> {
        Ok(Keys {
            old_secret: runtime::keygen("signing", "whsec_")?,
            new_secret: runtime::keygen("signing", "whsec_")?,
            encryption: runtime::keygen("encryption", "whenc_")?,
            other_encryption: runtime::keygen("encryption", "whenc_")?,
        })
    }

    fn old_entry(&self) -> Value {
        json!({ "id": "old", "secret": self.old_secret })
    }

    fn new_entry(&self) -> Value {
        json!({ "id": "new", "secret": self.new_secret })
    }
}

/// The messages that the cases are made of.
pub(crate) struct Messages {
    /// One from each runtime, the native program first.
    sealed: Vec<(Runtime, Sealed)>,
    old_timestamp: Sealed,
    unknown_key: Sealed,
    both_secrets: Sealed,
    new_secret: Sealed,
}

impl Messages {
    fn native(&self) -> Result<&Sealed> {
        self.sealed.first().map(|(_, message)| message).context("no message was sealed")
    }
}

/// Seals the messages, and describes the first as it goes over the wire.
pub(crate) fn messages(keys: &Keys, runtimes: &[Runtime]) -> Result<(Messages, String)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let seal = |runtime: Runtime, id: &str, secrets: &[Value], key: &str, at| {
        runtime.seal(id, secrets, key, at).with_context(|| format!("sealing {id} failed"))
    };
    let (old, key) = ([keys.old_entry()], keys.encryption.as_str());
    let sealed = runtimes.iter().map(|runtime| {
        let id = format!("evt_{}", runtime.name());
        Ok((*runtime, seal(*runtime, &id, &old, key, now)?))
    });
    let messages = Messages {
        sealed: sealed.collect::<Result<_>>()?,
        old_timestamp: seal(Runtime::Native, "evt_old", &old, key, now - HOUR_SECONDS)?,
        unknown_key: seal(Runtime::Native, "evt_key", &old, &keys.other_encryption, now)?,
        both_secrets: seal(
            Runtime::Native,
            "evt_both",
            &[keys.new_entry(), keys.old_entry()],
            key,
            now,
        )?,
        new_secret: seal(Runtime::Native, "evt_new", &[keys.new_entry()], key, now)?,
    };
    let sample = sample(messages.native()?);
    Ok((messages, sample))
}

/// The message as a peer sees it: headers in the clear, and a body that tells nothing.
fn sample(sealed: &Sealed) -> String {
    let mut text = format!("$ echo -n '{}' | postseal seal …", sealed::PAYLOAD);
    for (name, value) in &sealed.headers {
        text.push_str(&format!("\n{name}: {}", sealed::text(value)));
    }
    let body = sealed::decode(&sealed.body_base64).unwrap_or_default();
    let start: String = String::from_utf8_lossy(&body).chars().take(72).collect();
    format!("{text}\n\n{start}… ({} bytes)", body.len())
}

/// The rows of the table, in order.
pub(crate) fn cases(keys: &Keys, messages: &Messages) -> Result<Vec<Case>> {
    let case = |name, expect, message: Sealed| Case {
        name,
        expect,
        matched: &[],
        repeat: false,
        secrets: vec![keys.new_entry(), keys.old_entry()],
        encryption_key: keys.encryption.clone(),
        message,
    };
    let rotation =
        |name, matched, message: &Sealed| Case { matched, ..case(name, "ok", message.clone()) };
    let native = messages.native()?;
    let opened = messages.sealed.iter();
    let opened = opened.map(|(runtime, message)| case(runtime.names().1, "ok", message.clone()));
    let others = [
        case("one byte changed", "signature_mismatch", native.changed_byte()),
        case("sent an hour ago", "timestamp_too_old", messages.old_timestamp.clone()),
        case(
            "id of another message",
            "signature_mismatch",
            native.with_id_of(&messages.new_secret),
        ),
        case("encrypted with an unknown key", "unknown_key", messages.unknown_key.clone()),
        Case { repeat: true, ..case("the same message again", "duplicate", native.clone()) },
        rotation("rotation: signed with the old secret", &["old"], native),
        rotation("rotation: signed with both", &["new", "old"], &messages.both_secrets),
        rotation("rotation: signed with the new secret", &["new"], &messages.new_secret),
        Case {
            secrets: vec![keys.new_entry()],
            ..case("rotation: old secret retired", "signature_mismatch", native.clone())
        },
    ];
    Ok(opened.chain(others).collect())
}
