//! JSON objects from a signed body: known members only, each once, each of its type.

use alloc::borrow::Cow;
use core::fmt;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// Reads an object into a structure that refuses unknown members. Its other form, an array, is no
/// object.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    if text.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(text).ok()
}

/// An optional member that, where it stands, is a string and not `null`.
pub(super) fn text<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    Text::deserialize(input).map(|Text(text)| Some(text))
}

#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Whether the text is an object with a member of one of these names.
pub(super) fn has_member(text: &[u8], names: &[&str]) -> bool {
    // From text, not bytes: the members that are skipped must be UTF-8 too.
    let Ok(text) = core::str::from_utf8(text) else { return false };
    let mut input = serde_json::Deserializer::from_str(text);
    let found = (&mut input).deserialize_map(MemberSearch(names)).unwrap_or(false);
    found && input.end().is_ok()
}

struct MemberSearch<'n>(&'n [&'n str]);

impl<'de> Visitor<'de> for MemberSearch<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some((Text(name), IgnoredAny)) = map.next_entry()? {
            found |= self.0.contains(&name.as_ref());
        }
        Ok(found)
    }
}
