//! A secret or key on the command line: the text itself, `env:NAME`, `file:PATH`, or a JSON object.
//!
//! No error carries any part of a key. A variable or a file holds the text alone, so a secret that
//! begins with `{` or `env:` is given in one of these.

use std::env::{self, VarError};
use std::path::Path;

use postseal::{Code, Error, KeyInput, KeyList, SecretEncoding};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::error::Category;
use zeroize::Zeroizing;

use crate::input::{KEY_FILE_BYTES_MAX, read_key_file};
use crate::shown::{self, NOT_SHOWN};

/// The spellings, for `--help`.
pub(crate) const SPELLINGS: &str = "\
A secret or key is one of:
  env:NAME         what an environment variable holds
  file:PATH        what a file holds, or a pipe: file:<(pass show key)
  '{\"secret\":…}'   a JSON object: \"secret\" in one of the other spellings, and at will \"id\",
                   \"encoding\":\"text\", \"notBefore\" and \"notAfter\" (Unix seconds)
  TEXT             the text itself: other users of this host can see it, so only to try things out";

/// What a key is for: it decides the code of an error, and its name there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Secret,
    PublicKey,
    EncryptionKey,
}

impl KeyKind {
    fn noun(self) -> &'static str {
        match self {
            KeyKind::Secret => "secret",
            KeyKind::PublicKey => "public-key",
            KeyKind::EncryptionKey => "encryption-key",
        }
    }

    fn invalid(self, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        let code = match self {
            KeyKind::Secret => Code::InvalidSecret,
            KeyKind::PublicKey | KeyKind::EncryptionKey => Code::InvalidKey,
        };
        Error::new(code, message)
    }
}

/// The list of a repeated argument; `None` where it is not given.
pub(crate) fn key_list(
    kind: KeyKind,
    arguments: Vec<KeyArgument>,
) -> Result<Option<KeyList>, Error> {
    if arguments.is_empty() {
        return Ok(None);
    }
    let keys = arguments.into_iter().zip(1usize..);
    let keys = keys.map(|(argument, position)| argument.read(kind, position).map(Some));
    keys.collect::<Result<_, _>>().map(Some)
}

/// An argument that is, or names, a secret or a key.
#[derive(Clone)]
pub(crate) struct KeyArgument(Zeroizing<String>);

impl From<String> for KeyArgument {
    fn from(text: String) -> Self {
        KeyArgument(Zeroizing::new(text))
    }
}

impl KeyArgument {
    /// Reads what is named. `position` counts from 1 in the arguments of this kind.
    ///
    /// # Errors
    /// `invalid_secret` or `invalid_key`, by `kind`; `invalid_config` for what stands beside the
    /// secret in a JSON object.
    pub(crate) fn read(self, kind: KeyKind, position: usize) -> Result<KeyInput, Error> {
        if !self.0.starts_with('{') {
            return Ok(KeyInput { text: read_text(kind, self.0)?, ..KeyInput::default() });
        }
        read_object(kind, &self.0).map_err(|error| {
            let message = format!("{}-{position}: {}", kind.noun(), error.message());
            Error::new(error.code(), message)
        })
    }
}

/// The text itself, or that of the variable or file that it names.
pub(crate) fn read_text(
    kind: KeyKind,
    text: Zeroizing<String>,
) -> Result<Zeroizing<String>, Error> {
    if let Some(name) = text.strip_prefix("env:") {
        return read_variable(kind, name);
    }
    if let Some(path) = text.strip_prefix("file:") {
        return read_file(kind, path);
    }
    Ok(text)
}

fn read_variable(kind: KeyKind, name: &str) -> Result<Zeroizing<String>, Error> {
    let why = match env::var(name) {
        Ok(text) => return Ok(Zeroizing::new(text)),
        Err(VarError::NotPresent) => "is not set",
        Err(VarError::NotUnicode(_)) => "is not UTF-8",
    };
    let shown = shown::variable(name);
    let hint = if shown == NOT_SHOWN { ": `env:` takes its name, without a `$`" } else { "" };
    Err(kind.invalid(format!("the environment variable {shown} {why}{hint}")))
}

fn read_file(kind: KeyKind, path: &str) -> Result<Zeroizing<String>, Error> {
    let path = Path::new(path);
    let shown = shown::path(path);
    let bytes = read_key_file(path).map(Zeroizing::new).map_err(|why| {
        let hint = if shown == NOT_SHOWN { "; `file:` takes its path" } else { "" };
        kind.invalid(format!("the file {shown} cannot be read: {why}{hint}"))
    })?;
    if bytes.len() > KEY_FILE_BYTES_MAX {
        return Err(kind.invalid(format!("the file {shown} is too long to hold a key")));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| kind.invalid(format!("the file {shown} is not UTF-8")))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A JSON object's members, each at most once: of two secrets, nobody could say which one counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Members {
    #[serde(default, deserialize_with = "present")]
    secret: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    encoding: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    not_before: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    not_after: Option<Value>,
}

/// A `null` is there too: a key without an end must not come of `"notAfter":null`.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// Reads `{"secret":…}`. What the parser says is not passed on: it quotes the text.
fn read_object(kind: KeyKind, json: &str) -> Result<KeyInput, Error> {
    let members: Members = serde_json::from_str(json).map_err(|error| match error.classify() {
        Category::Data => invalid_member(
            "the members are secret, id, encoding, notBefore and notAfter, each once and no others",
        ),
        _ => kind.invalid("it begins with `{`, but it is not a JSON object"),
    })?;
    let secret = match members.secret {
        Some(Value::String(text)) => Zeroizing::new(text),
        Some(_) => return Err(kind.invalid("\"secret\" must be a string")),
        None => return Err(kind.invalid("the JSON object has no member \"secret\"")),
    };
    let id = match members.id {
        Some(Value::String(id)) => Some(id),
        Some(_) => return Err(invalid_member("\"id\" must be a string")),
        None => None,
    };
    let encoding = match members.encoding {
        Some(Value::String(name)) if name == "text" => SecretEncoding::Text,
        Some(_) => return Err(invalid_member("\"encoding\" must be \"text\", or absent")),
        None => SecretEncoding::default(),
    };
    let not_before = members.not_before.map(|value| read_instant(&value)).transpose()?;
    let not_after = members.not_after.map(|value| read_instant(&value)).transpose()?;
    Ok(KeyInput { text: read_text(kind, secret)?, id, encoding, not_before, not_after })
}

fn read_instant(value: &Value) -> Result<i64, Error> {
    value.as_i64().ok_or_else(|| {
        invalid_member("\"notBefore\" and \"notAfter\" must be whole numbers of Unix seconds")
    })
}

fn invalid_member(message: &'static str) -> Error {
    Error::new(Code::InvalidConfig, message)
}
