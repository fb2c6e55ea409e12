//! Answers of the module: what went well as facts and headers, what did not as an error.
//!
//! The module is not trusted to answer well: what cannot be read is `module_failed`.

use core::str::FromStr;

use postseal::{Code, Error};

use crate::frame::Strings;

/// The status of what went well.
const OK: &[u8] = b"ok";

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
        self.bytes(name).map(|bytes| str::from_utf8(bytes).map_err(|_| unreadable())).transpose()
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
        let text = |bytes: &[u8]| str::from_utf8(bytes).map(str::to_owned);
        values.map(|(_, value)| text(value).map_err(|_| unreadable())).collect()
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
        }
        while !strings.is_empty() {
            answer.headers.push((strings.next_text()?, strings.next_text()?));
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
