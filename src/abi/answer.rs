//! Answers: a status, then facts as name and value; after an empty name, headers.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::frame::FrameWriter;
use crate::error::Error;
use crate::scheme::sign::HeaderList;

/// The status of what went well. Any other is an error's code, and its message follows.
const OK: &[u8] = b"ok";

/// An answer that says that all went well, and what came of it.
pub(super) struct Answer(FrameWriter);

impl Answer {
    /// An answer without a fact.
    pub(super) fn ok() -> Self {
        let mut writer = FrameWriter::default();
        writer.string(OK);
        Answer(writer)
    }

    /// Adds a fact.
    pub(super) fn fact(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.0.string(name.as_bytes());
        self.0.string(value.as_ref());
    }

    /// Adds a fact that may be absent.
    pub(super) fn fact_if(&mut self, name: &str, value: Option<impl AsRef<[u8]>>) {
        if let Some(value) = value {
            self.fact(name, value);
        }
    }

    /// Adds a number, in decimal digits.
    pub(super) fn number(&mut self, name: &str, value: impl ToString) {
        self.fact(name, value.to_string());
    }

    /// Adds a fact that may be large and secret, without leaving copies of it.
    pub(super) fn payload(&mut self, name: &str, value: &[u8]) {
        self.0.reserve(name.len().saturating_add(value.len()).saturating_add(8));
        self.fact(name, value);
    }

    /// Ends the facts, and adds headers.
    pub(super) fn headers(&mut self, headers: &HeaderList) {
        self.0.string(&[]);
        for (name, value) in headers {
            self.fact(name, value);
        }
    }
}

/// The frame of an answer, or of a refusal.
pub(super) fn frame(outcome: Result<Answer, Error>) -> Vec<u8> {
    match outcome {
        Ok(Answer(writer)) => writer.finish(),
        Err(error) => {
            let mut writer = FrameWriter::default();
            writer.string(error.code().as_str().as_bytes());
            writer.string(error.message().as_bytes());
            writer.finish()
        }
    }
}
