//! The key ring: named secrets or keys in the order of their list, each live for its own time.
//!
//! The first live one is primary. A sender signs with all, a receiver verifies with any; a list is
//! how a secret is rotated without losing a message.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::error::{Code, Error};
use crate::key_input::KeyInput;
use crate::limits::{KEY_ID_BYTES_MAX, KEYS_MAX};
use crate::time::UnixTime;

/// Secrets or keys as an operator lists them. `None` is an entry that is not set: it is skipped,
/// but counts as a position. The first must be set.
pub type KeyList = Vec<Option<KeyInput>>;

/// Which list a ring was made from: it names the entries in messages, and by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Secret,
    PublicKey,
    EncryptionKey,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Kind::Secret => "secret",
            Kind::PublicKey => "public-key",
            Kind::EncryptionKey => "encryption-key",
        }
    }

    fn missing(self) -> Code {
        match self {
            Kind::Secret => Code::InvalidSecret,
            Kind::PublicKey | Kind::EncryptionKey => Code::InvalidKey,
        }
    }
}

/// One key of a ring, with its name and validity.
#[derive(Debug)]
pub(crate) struct Held<K> {
    pub(crate) id: String,
    pub(crate) key: K,
    not_before: Option<UnixTime>,
    not_after: Option<UnixTime>,
}

impl<K> Held<K> {
    /// SPEC: live iff notBefore ≤ now < notAfter, on the host's clock, never the message's.
    fn is_live(&self, now: UnixTime) -> bool {
        self.not_before.is_none_or(|start| start <= now)
            && self.not_after.is_none_or(|end| now < end)
    }
}

/// Keys of one kind, in the order of their list.
#[derive(Debug)]
pub(crate) struct KeyRing<K> {
    keys: Vec<Held<K>>,
}

impl<K> KeyRing<K> {
    /// A ring without keys.
    pub(crate) fn empty() -> Self {
        KeyRing { keys: Vec::new() }
    }

    /// Reads a list: `parse` reads one entry, `own_id` gives a key's own name where it has one.
    pub(crate) fn parse(
        kind: Kind,
        list: &[Option<KeyInput>],
        parse: impl Fn(&KeyInput) -> Result<K, Error>,
        own_id: impl Fn(&K) -> Option<String>,
    ) -> Result<Self, Error> {
        check_list(kind, list)?;
        let mut keys = Vec::with_capacity(list.len());
        for (input, position) in list.iter().zip(1usize..) {
            let Some(input) = input else { continue };
            let label = format!("{}-{position}", kind.noun());
            let held = hold(input, &label, &parse, &own_id).map_err(|error| {
                Error::new(error.code(), format!("{label}: {}", error.message()))
            })?;
            keys.push(held);
        }
        let ring = KeyRing { keys };
        refuse_equal_ids(ring.ids())?;
        Ok(ring)
    }

    /// Whether the ring holds no key at all, live or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The names of all keys, live or not.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|held| held.id.as_str())
    }

    /// All keys, live or not.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.keys.iter().map(|held| &held.key)
    }

    /// The live keys, primary first.
    pub(crate) fn live(&self, now: UnixTime) -> impl Iterator<Item = &Held<K>> {
        self.keys.iter().filter(move |held| held.is_live(now))
    }

    /// The first live key.
    ///
    /// # Errors
    /// `no_live_secret` where there is none.
    pub(crate) fn primary(&self, now: UnixTime) -> Result<&Held<K>, Error> {
        self.live(now).next().ok_or_else(no_live_key)
    }
}

/// The refusal of a call for which no key is live.
pub(crate) fn no_live_key() -> Error {
    Error::new(
        Code::NoLiveSecret,
        "no secret or key is live now: configure one, or look at the times in which each is live",
    )
}

/// Refuses two equal names, so that a name in a log or a `kid` means one key.
pub(crate) fn refuse_equal_ids<'a>(ids: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut seen: Vec<&str> = Vec::new();
    for id in ids {
        if seen.contains(&id) {
            return Err(Error::new(
                Code::InvalidConfig,
                format!(
                    "two keys have the id `{id}`: a key is listed twice, or an id is not unique"
                ),
            ));
        }
        seen.push(id);
    }
    Ok(())
}

fn check_list(kind: Kind, list: &[Option<KeyInput>]) -> Result<(), Error> {
    let noun = kind.noun();
    match list.first() {
        None => Err(Error::new(Code::InvalidConfig, format!("the list of {noun}s is empty"))),
        Some(None) => Err(Error::new(
            kind.missing(),
            format!("{noun}-1: the text is not given: is the variable set?"),
        )),
        Some(Some(_)) if list.len() > KEYS_MAX => Err(Error::new(
            Code::InvalidConfig,
            format!("a list of {noun}s has at most {KEYS_MAX} entries"),
        )),
        Some(Some(_)) => Ok(()),
    }
}

fn hold<K>(
    input: &KeyInput,
    label: &str,
    parse: impl Fn(&KeyInput) -> Result<K, Error>,
    own_id: impl Fn(&K) -> Option<String>,
) -> Result<Held<K>, Error> {
    let not_before = input.not_before.map(UnixTime::new).transpose()?;
    let not_after = input.not_after.map(UnixTime::new).transpose()?;
    if not_before.zip(not_after).is_some_and(|(start, end)| start >= end) {
        return Err(Error::new(
            Code::InvalidConfig,
            "a key's first instant must lie before its last",
        ));
    }
    let key = parse(input)?;
    let id = match &input.id {
        Some(id) => check_id(id)?,
        None => own_id(&key).unwrap_or_else(|| label.to_string()),
    };
    Ok(Held { id, key, not_before, not_after })
}

fn check_id(id: &str) -> Result<String, Error> {
    let plain = id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    if !plain || id.is_empty() || id.len() > KEY_ID_BYTES_MAX {
        return Err(Error::new(
            Code::InvalidConfig,
            "the id of a key is 1 to 128 visible ASCII characters without `\"` and `\\`",
        ));
    }
    Ok(id.to_string())
}
