//! JSON objects from a signed body: known members only, each once, each a string.
//!
//! All objects are read as one type, a list of texts. With a structure for each envelope the reader
//! would be compiled as often, and it is the largest part of the WebAssembly module.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::limits::ENVELOPE_MEMBERS_MAX;

/// A visitor's refusals of what is neither text nor object.
///
/// serde's own say what came instead, and to format its numbers takes a tenth of the WebAssembly
/// module; nobody would read that.
macro_rules! refuse_others {
    ($expected:literal) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str($expected)
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Err(E::custom($expected))
        }

        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Err(E::custom($expected))
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Err(E::custom($expected))
        }

        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Err(E::custom($expected))
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Err(E::custom($expected))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(A::Error::custom($expected))
        }
    };
}

/// The members of an object that were not taken yet.
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Members<'a> {
    /// Reads an object of strings. Not `null`, and not an array, which serde takes for a structure.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// Takes a member out.
    pub(super) fn take(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let position = self.0.iter().position(|(candidate, _)| candidate == name)?;
        Some(self.0.swap_remove(position).1)
    }

    /// The end of the object: `None` where a member is left, which is unknown or stands twice.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    refuse_others!("an object");

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom("an object"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((Text(name), Text(value))) = map.next_entry()? {
            if members.len() == ENVELOPE_MEMBERS_MAX {
                return Err(A::Error::custom("too many members"));
            }
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

/// Whether the text is an object with a member of one of these names.
pub(super) fn has_member(text: &[u8], names: &[&str]) -> bool {
    // The members that are skipped must be UTF-8 too, and serde_json does not look at them.
    if core::str::from_utf8(text).is_err() {
        return false;
    }
    // From bytes all the same: a reader of text beside it would be a second copy of serde_json.
    let mut input = serde_json::Deserializer::from_slice(text);
    let found = (&mut input).deserialize_any(MemberSearch(names)).unwrap_or(false);
    found && input.end().is_ok()
}

struct MemberSearch<'n>(&'n [&'n str]);

impl<'de> Visitor<'de> for MemberSearch<'_> {
    type Value = bool;

    refuse_others!("an object");

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom("an object"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some((Text(name), IgnoredAny)) = map.next_entry()? {
            found |= self.0.contains(&name.as_ref());
        }
        Ok(found)
    }
}

/// A text; borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    refuse_others!("a string");

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom("a string"))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.into())))
    }
}
