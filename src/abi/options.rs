//! Options in a request's frame: name and value, up to an empty name or the end.
//!
//! An error names the option, and never its value: the value may be a secret.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;
use zeroize::Zeroizing;

use super::frame::{Strings, malformed, text};
use crate::error::{Code, Error};
use crate::key_input::{KeyInput, SecretEncoding};
use crate::key_ring::KeyList;
use crate::receiver_options::KeyOptions;
use crate::scheme::Scheme;
use crate::time::UnixTime;

const KEY_MEMBERS: &[&str] = &["id", "secret", "encoding", "not_before", "not_after"];

/// The options of one request, each at most once.
pub(super) struct Options<'a>(Vec<(&'static str, &'a [u8])>);

impl<'a> Options<'a> {
    /// Reads all of a frame, which has nothing after its options.
    ///
    /// # Errors
    /// `malformed_frame`; `invalid_config` for an option that is not one of `names`, or stands
    /// twice: a misspelt option must not fail open.
    pub(super) fn all(frame: &'a [u8], names: &[&'static str]) -> Result<Self, Error> {
        let mut strings = Strings::of(frame)?;
        let options = Options::read(&mut strings, names)?;
        match options {
            (options, false) => Ok(options),
            (_, true) => Err(malformed("this operation takes no headers")),
        }
    }

    /// Reads the options, and says whether an empty name ends them.
    pub(super) fn read(
        strings: &mut Strings<'a>,
        names: &[&'static str],
    ) -> Result<(Self, bool), Error> {
        let mut options = Options(Vec::with_capacity(names.len()));
        while let Some(name) = strings.next()? {
            if name.is_empty() {
                return Ok((options, true));
            }
            let value = strings.value()?;
            let known = names.iter().find(|known| known.as_bytes() == name);
            let known = known.ok_or_else(|| unknown(name, names))?;
            if options.bytes(known).is_some() {
                return Err(invalid(format!("option `{known}` stands twice")));
            }
            options.0.push((known, value));
        }
        Ok((options, false))
    }

    /// The value of an option as it came.
    pub(super) fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The value of an option that is text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Error> {
        self.bytes(name).map(text).transpose()
    }

    /// The value of an option that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, Error> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    /// The value of an option that is an integer, in decimal digits.
    pub(super) fn whole<T: FromStr>(&self, name: &str) -> Result<Option<T>, Error> {
        let number = |text: &str| {
            let number = text.parse().ok().filter(|_| !text.starts_with('+'));
            let wrong = || invalid(format!("`{name}` must be a whole number within its bounds"));
            number.ok_or_else(wrong)
        };
        self.text(name)?.map(number).transpose()
    }

    /// The integer of an option that must be there.
    pub(super) fn required_whole<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        self.whole(name)?.ok_or_else(|| missing(name))
    }

    /// The scheme, which is the default where none is named.
    pub(super) fn scheme(&self) -> Result<&'static Scheme, Error> {
        self.text("scheme")?.map_or_else(|| Ok(Scheme::standard()), Scheme::named)
    }

    /// The instant `now`, where the host gives one.
    pub(super) fn now(&self) -> Result<Option<UnixTime>, Error> {
        self.whole("now")?.map(UnixTime::new).transpose()
    }

    /// The three lists of keys.
    pub(super) fn key_options(&self) -> Result<KeyOptions, Error> {
        Ok(KeyOptions {
            secrets: self.keys("secrets")?,
            public_keys: self.keys("public_keys")?,
            encryption_keys: self.keys("encryption_keys")?,
        })
    }

    /// A list of keys: a frame of frames. An empty string stands for an entry that is not set.
    pub(super) fn keys(&self, name: &str) -> Result<Option<KeyList>, Error> {
        let Some(list) = self.bytes(name) else { return Ok(None) };
        let (mut strings, mut keys) = (Strings::of(list)?, KeyList::new());
        while let Some(entry) = strings.next()? {
            keys.push(match entry {
                [] => None,
                _ => Some(Options::all(entry, KEY_MEMBERS)?.key(name)?),
            });
        }
        Ok(Some(keys))
    }

    fn key(&self, list: &str) -> Result<KeyInput, Error> {
        let missing = || invalid(format!("an entry of `{list}` has no `secret`"));
        Ok(KeyInput {
            id: self.text("id")?.map(String::from),
            text: Zeroizing::new(self.text("secret")?.ok_or_else(missing)?.into()),
            encoding: match self.text("encoding")? {
                None => SecretEncoding::OfScheme,
                Some("text") => SecretEncoding::Text,
                Some(_) => return Err(invalid("`encoding` must be `text`, or absent".into())),
            },
            not_before: self.whole("not_before")?,
            not_after: self.whole("not_after")?,
        })
    }
}

/// A name that is no word may be a secret in the wrong place, and is not shown.
fn unknown(name: &[u8], names: &[&str]) -> Error {
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'_';
    let shown = match core::str::from_utf8(name) {
        Ok(name) if name.len() <= 32 && name.bytes().all(|byte| is_word(&byte)) => {
            format!("option `{name}`")
        }
        _ => "such option".into(),
    };
    invalid(format!("there is no {shown}: there are {}", names.join(", ")))
}

fn missing(name: &str) -> Error {
    invalid(format!("option `{name}` must be there"))
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidConfig, message)
}
