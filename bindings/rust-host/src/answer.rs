//! Answers of the module: what went well as facts and headers, what did not as an error.
//!
//! The module is not trusted to answer well: what cannot be read is `module_failed`.

use core::str::FromStr;

use postseal::limits::BODY_BYTES_MAX;
use postseal::{Code, Error};

use crate::frame::{Strings, text};

/// The status of what went well.
const OK: &[u8] = b"ok";

/// Facts of an answer, and headers of one: twice what an opened message with the most keys has.
const PAIRS_MAX: usize = 64;

/// The facts of an answer, and the headers after them.
pub(crate) struct Answer<'a> {
    facts: Vec<(&'a str, &'a [u8])>,
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Answer<'a> {
    /// Reads an answer.
    ///
    /// # Errors
    /// The error that the answer is; `module_failed` for what is no answer.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut strings = Strings::of(bytes);
        match strings.next() {
            Some(OK) => Answer::read_facts(strings).ok_or_else(unreadable),
            Some(code) => Err(refusal(code, strings).unwrap_or_else(unreadable)),
            None => Err(unreadable()),
        }
    }

    /// A fact as it came.
    pub(crate) fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.facts.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// A fact that is text.
    pub(crate) fn text_if(&self, name: &str) -> Result<Option<&'a str>, Error> {
        self.bytes(name).map(|bytes| text(bytes).ok_or_else(unreadable)).transpose()
    }

    /// Text that must be there.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, Error> {
        self.text_if(name)?.ok_or_else(unreadable)
    }

    /// A fact that is a number.
    pub(crate) fn number_if<T: FromStr>(&self, name: &str) -> Result<Option<T>, Error> {
        let number = |text: &str| text.parse().map_err(|_| unreadable());
        self.text_if(name)?.map(number).transpose()
    }

    /// A number that must be there.
    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        self.number_if(name)?.ok_or_else(unreadable)
    }

    /// A fact that is a list.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<String>, Error> {
        let values = self.facts.iter().filter(|(known, _)| *known == name);
        let owned = |bytes| text(bytes).map(str::to_owned).ok_or_else(unreadable);
        values.map(|(_, value)| owned(value)).collect()
    }

    /// The longest body of a receiver or a sender that was made, in bytes: whatever the module
    /// says, no more than the core ever takes.
    pub(crate) fn max_body_bytes(&self) -> Result<usize, Error> {
        let bytes = self.number("max_body_bytes")?;
        if (1..=BODY_BYTES_MAX).contains(&bytes) { Ok(bytes) } else { Err(unreadable()) }
    }

    /// The headers to send.
    pub(crate) fn headers(&self) -> &[(&'a str, &'a str)] {
        &self.headers
    }

    fn read_facts(mut strings: Strings<'a>) -> Option<Self> {
        let mut answer = Answer { facts: Vec::new(), headers: Vec::new() };
        while !strings.is_empty() {
            match strings.next_text()? {
                "" => break,
                name => answer.facts.push((name, strings.next()?)),
            }
            let (_, value) = answer.facts.last()?;
            if answer.facts.len() > PAIRS_MAX || value.len() > BODY_BYTES_MAX {
                return None;
            }
        }
        while !strings.is_empty() {
            answer.headers.push((strings.next_text()?, strings.next_text()?));
            if answer.headers.len() > PAIRS_MAX {
                return None;
            }
        }
        Some(answer)
    }
}

/// The refusal of an answer that no sound module gives.
pub(crate) fn unreadable() -> Error {
    Error::new(Code::ModuleFailed, "the module's answer cannot be read: is it the right module?")
}

fn refusal(code: &[u8], mut strings: Strings<'_>) -> Option<Error> {
    let code = Code::ALL.iter().find(|known| known.as_str().as_bytes() == code)?;
    Some(Error::new(*code, strings.next_text()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::frame;

    const MADE: [&[u8]; 3] = [b"ok", b"handle", b"1"];

    /// Whether an answer of these strings can be read.
    fn is_read(strings: &[&[u8]]) -> bool {
        let bytes = frame(strings);
        match Answer::read(&bytes) {
            Ok(answer) => answer.text("handle").is_ok(),
            Err(error) => error.code() != Code::ModuleFailed,
        }
    }

    #[test]
    fn facts_and_headers_are_counted() {
        let pairs = |count: usize| vec![b"a".as_slice(); 2 * count];
        assert!(is_read(&[&MADE[..], &pairs(63)].concat()));
        assert!(!is_read(&[&MADE[..], &pairs(64)].concat()));
        assert!(is_read(&[&MADE[..], &[b""], &pairs(64)].concat()));
        assert!(!is_read(&[&MADE[..], &[b""], &pairs(65)].concat()));
    }

    #[test]
    fn strings_are_measured() {
        let long = vec![b'1'; BODY_BYTES_MAX + 1];
        let (text, no_text) = (&long[..4096], &long[..4097]);
        let body = &long[..BODY_BYTES_MAX];
        assert!(is_read(&[&MADE[..], &[b"body", body]].concat()));
        assert!(!is_read(&[&MADE[..], &[b"body", &long]].concat()));
        let with = |long| {
            [
                is_read(&[b"ok", b"handle", long]),
                is_read(&[&MADE[..], &[long, b""]].concat()),
                is_read(&[&MADE[..], &[b"", long, b""]].concat()),
                is_read(&[&MADE[..], &[b"", b"a", long]].concat()),
                is_read(&[b"invalid_id", long]),
            ]
        };
        assert_eq!((with(text), with(no_text)), ([true; 5], [false; 5]));
    }

    #[test]
    fn a_limit_of_bodies_is_one_of_the_core() {
        let limit = |text: &str| {
            let bytes = frame(&[b"ok".as_slice(), b"max_body_bytes", text.as_bytes()]);
            Answer::read(&bytes).and_then(|answer| answer.max_body_bytes()).ok()
        };
        assert_eq!([limit("1"), limit("33554432")], [Some(1), Some(BODY_BYTES_MAX)]);
        assert_eq!([limit("0"), limit("33554433"), limit("-1")], [None; 3]);
    }
}
