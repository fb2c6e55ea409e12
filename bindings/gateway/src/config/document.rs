//! The text of `postseal.toml`: its shape, and in which line a value stands.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use postseal::{Code, Error};
use serde::Deserialize;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use crate::input::read_file;

/// A configuration, in bytes. A thousand sources take some 300 kB.
const CONFIG_BYTES_MAX: usize = 4 << 20;

/// A configuration that was read, and where.
pub(crate) struct Document {
    path: PathBuf,
    text: Zeroizing<String>,
    pub(super) values: Values,
}

/// What the file may say, as it says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Values {
    pub(super) listen: Option<String>,
    pub(super) admin_listen: Option<String>,
    pub(super) admin_token: Option<String>,
    pub(super) store: Option<String>,
    pub(super) storage_keys: Option<Vec<Key>>,
    pub(super) redis_url: Option<String>,
    pub(super) redis_down: Option<String>,
    pub(super) delivery_secrets: Option<Vec<Key>>,
    pub(super) unsigned_deliveries: Option<bool>,
    pub(super) trusted_proxies: Option<Vec<String>>,
    pub(super) internal_targets: Option<Vec<String>>,
    pub(super) log: Option<String>,
    pub(super) log_key: Option<String>,
    pub(super) connections_max: Option<u32>,
    pub(super) header_timeout_seconds: Option<u32>,
    pub(super) body_timeout_seconds: Option<u32>,
    pub(super) shutdown_seconds: Option<u32>,
    pub(super) tls: Option<Tls>,
    pub(super) alerts: Option<Alerts>,
    #[serde(default)]
    pub(super) source: Vec<SourceValues>,
}

/// `[tls]`: paths of PEM files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) client_ca: Option<PathBuf>,
    pub(super) client_certificate: Option<String>,
    pub(super) client_pins: Option<Vec<String>>,
}

/// `[alerts]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alerts {
    pub(super) url: Option<String>,
    pub(super) secrets: Option<Vec<Key>>,
    pub(super) refusals: Option<u32>,
    pub(super) window_seconds: Option<u32>,
    pub(super) interval_seconds: Option<u32>,
}

/// `[[source]]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceValues {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) scheme: Option<String>,
    pub(super) secrets: Option<Vec<Key>>,
    pub(super) public_keys: Option<Vec<Key>>,
    pub(super) encryption_keys: Option<Vec<Key>>,
    pub(super) envelope: Option<String>,
    pub(super) encryption: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) tolerance_seconds: Option<u32>,
    pub(super) future_tolerance_seconds: Option<u32>,
    pub(super) max_body_bytes: Option<usize>,
    pub(super) rate_limit: Option<RateLimit>,
    pub(super) allow_from: Option<Vec<String>>,
    pub(super) pass_on: Option<Vec<String>>,
    pub(super) retention_seconds: Option<u32>,
    pub(super) deliver_to: String,
    pub(super) pins: Option<Vec<String>>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) timeout_seconds: Option<u32>,
    pub(super) concurrency: Option<u32>,
    pub(super) max_attempts: Option<u32>,
    pub(super) max_age_seconds: Option<u32>,
}

/// `rate_limit = { requests = 100, per_seconds = 60 }`.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateLimit {
    pub(super) requests: u32,
    pub(super) per_seconds: u32,
}

/// A secret or key: a text in one of the spellings of the command line, or a table.
#[derive(Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a key is a text, or a table with `secret` and at will `id`, \
    `encoding`, `not_before` and `not_after`"
)]
pub(super) enum Key {
    Text(String),
    Table(KeyTable),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyTable {
    pub(super) secret: String,
    pub(super) id: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) not_before: Option<i64>,
    pub(super) not_after: Option<i64>,
}

/// A place in the file: names of members, and positions in lists.
#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl Document {
    /// Reads the file.
    ///
    /// # Errors
    /// `invalid_config`, with the line.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let bytes = read_file(path, CONFIG_BYTES_MAX)
            .map_err(|why| invalid(format!("{shown} cannot be read: {why}")))?;
        if bytes.len() > CONFIG_BYTES_MAX {
            return Err(invalid(format!("{shown} is longer than {CONFIG_BYTES_MAX} bytes")));
        }
        let text = String::from_utf8(bytes).map(Zeroizing::new);
        let text = text.map_err(|_| invalid(format!("{shown} is not UTF-8")))?;
        let values = toml::from_str(&text).map_err(|error| {
            // The parser's own rendering quotes the line, in which a secret may stand.
            let line = error.span().map_or(1, |span| line_at(&text, span.start));
            invalid(format!("{shown}, line {line}: {}", without_values(error.message())))
        })?;
        Ok(Document { path: path.to_owned(), text, values })
    }

    /// An error about the value at `place`: `invalid_config`, with the file and the line.
    pub(crate) fn invalid(&self, place: &[Step<'_>], why: impl Display) -> Error {
        self.error(Code::InvalidConfig, place, why)
    }

    /// The same, of an error that has a code.
    pub(crate) fn locate(&self, place: &[Step<'_>], error: &Error) -> Error {
        self.error(error.code(), place, error.message())
    }

    fn error(&self, code: Code, place: &[Step<'_>], why: impl Display) -> Error {
        let line = self.line(place);
        Error::new(code, format!("{}, line {line}: {why}", self.path.display()))
    }

    /// The line of a value, or of the nearest that it would stand in.
    fn line(&self, place: &[Step<'_>]) -> usize {
        let Ok(table) = DeTable::parse(&self.text) else { return 1 };
        let mut at = table.span().start;
        let root = table.into_inner();
        let Some((Step::Name(first), rest)) = place.split_first() else { return 1 };
        let Some(mut value) = root.get(*first) else { return 1 };
        at = at.max(value.span().start);
        for step in rest {
            let next = match (value.get_ref(), step) {
                (DeValue::Table(table), Step::Name(name)) => table.get(*name),
                (DeValue::Array(array), Step::Index(index)) => array.get(*index),
                _ => None,
            };
            let Some(next) = next else { break };
            value = next;
            at = value.span().start;
        }
        line_at(&self.text, at)
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

/// What the parser says, without a value that it quotes: between `"` it shows what was there.
fn without_values(message: &str) -> String {
    let parts = message.split('"').enumerate();
    let kept: Vec<&str> =
        parts.map(|(index, part)| if index % 2 == 0 { part } else { "…" }).collect();
    kept.join("\"")
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidConfig, message)
}
