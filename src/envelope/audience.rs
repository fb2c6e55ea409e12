//! Audiences: the name of the receiver that a token is for.

use alloc::format;
use alloc::string::String;

use crate::error::{Code, Error};
use crate::limits::AUDIENCE_BYTES_MAX;
use crate::scheme::Envelope;

/// A receiver's name: 1 to 512 printable ASCII characters.
#[derive(Debug)]
pub(crate) struct Audience(String);

impl Audience {
    /// Reads the name that is given, if one is. `always` says whether every message is encrypted:
    /// an audience that only some messages carry would fail open, so it is refused.
    ///
    /// # Errors
    /// `invalid_config`.
    pub(crate) fn parse(
        name: Option<String>,
        envelope: Envelope,
        always: bool,
    ) -> Result<Option<Self>, Error> {
        let Some(name) = name else { return Ok(None) };
        let printable = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !printable || !(1..=AUDIENCE_BYTES_MAX).contains(&name.len()) {
            return Err(Error::new(
                Code::InvalidConfig,
                format!("an audience is 1 to {AUDIENCE_BYTES_MAX} printable ASCII characters"),
            ));
        }
        if envelope != Envelope::Jwe || !always {
            return Err(Error::new(
                Code::InvalidConfig,
                "an audience needs envelope jwe and encryption of every message: give encryption \
                 keys, and do not make it optional",
            ));
        }
        Ok(Some(Audience(name)))
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
