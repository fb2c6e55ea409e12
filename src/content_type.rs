//! Content types: one grammar for what senders seal and for what hosts read from a header.

use alloc::format;

use crate::error::{Code, Error};
use crate::limits::CONTENT_TYPE_BYTES_MAX;
use crate::scheme::headers::without_white_space;

/// The media type of a payload, as a header can carry it: 1 to 255 printable ASCII characters.
///
/// Every [`Message`](crate::Message) with such a content type can be sealed. The form
/// `type/subtype` is not checked: that is left to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentType<'a>(&'a str);

impl<'a> ContentType<'a> {
    /// Parses the content type of a message to send.
    ///
    /// # Errors
    /// `invalid_config` for a text that is empty, longer than 255 bytes, or not printable ASCII.
    ///
    /// ```
    /// # use postseal::{Code, ContentType};
    /// assert_eq!(ContentType::parse("application/json")?.as_str(), "application/json");
    /// assert_eq!(ContentType::parse("a/b\t").unwrap_err().code(), Code::InvalidConfig);
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !printable || !(1..=CONTENT_TYPE_BYTES_MAX).contains(&text.len()) {
            return Err(Error::new(
                Code::InvalidConfig,
                format!(
                    "a content type is 1 to {CONTENT_TYPE_BYTES_MAX} printable ASCII characters"
                ),
            ));
        }
        Ok(ContentType(text))
    }

    /// Reads the content type of a received message, from its `Content-Type` header or from the
    /// `cty` of an envelope, for a host that sends the message on.
    ///
    /// SPEC: spaces and tabs around the value are not part of it (RFC 9110, section 5.5). `None` if
    /// [`ContentType::parse`] refuses the rest: such a message has no content type.
    ///
    /// ```
    /// # use postseal::ContentType;
    /// let content_type = |value| ContentType::from_header(value).map(ContentType::as_str);
    /// assert_eq!(content_type(b" application/json\t"), Some("application/json"));
    /// assert_eq!(content_type(b" "), None);
    /// assert_eq!(content_type(b"text/plain;\tcharset=utf-8"), None);
    /// ```
    #[must_use]
    pub fn from_header(value: &'a [u8]) -> Option<Self> {
        let text = core::str::from_utf8(without_white_space(value)).ok()?;
        ContentType::parse(text).ok()
    }

    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_type_has_1_to_255_printable_characters() {
        let of = |length| "~".repeat(length);
        for good in ["a", " ", "a b", &of(255)] {
            assert_eq!(ContentType::parse(good).map(ContentType::as_str), Ok(good));
        }
        for bad in ["", "\t", "a\tb", "a\u{7f}", "a\0", "\u{e9}", &of(256)] {
            let code = ContentType::parse(bad).map_err(|error| error.code());
            assert_eq!(code, Err(Code::InvalidConfig), "{bad:?}");
        }
    }

    #[test]
    fn a_header_of_255_characters_may_have_white_space_around_it() {
        let (longest, longer) = ("a".repeat(255), "a".repeat(256));
        let padded = format!("\t {longest} \t");
        let read = |text: &'static str| ContentType::from_header(text.as_bytes());
        assert_eq!(
            ContentType::from_header(padded.as_bytes()).map(ContentType::as_str),
            Some(longest.as_str())
        );
        assert_eq!(ContentType::from_header(longer.as_bytes()), None);
        // HTTP strips no other white space.
        assert_eq!(["\n", "a\r\n", "\u{b}a", "\u{a0}"].map(read), [None; 4]);
    }

    proptest! {
        #[test]
        fn a_type_read_from_a_header_parses_and_reads_as_itself(
            value in prop::collection::vec(b' '..=0x7f, 0..300),
        ) {
            let Some(read) = ContentType::from_header(&value) else { return Ok(()) };
            prop_assert_eq!(ContentType::parse(read.as_str()).ok(), Some(read));
            prop_assert_eq!(ContentType::from_header(read.as_str().as_bytes()), Some(read));
        }
    }
}
