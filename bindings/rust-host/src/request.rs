//! Requests: the options of a call as a frame, in the names of `docs/abi.md`.

use postseal::limits::BODY_BYTES_MAX;
use postseal::{
    Encryption, Envelope, KeyInput, KeyList, KeyOptions, ReceiverOptions, SecretEncoding,
    SenderOptions, UnixTime,
};
use zeroize::Zeroizing;

use crate::frame::{Frame, frame};

/// Options as name and value. What is absent is left out.
#[derive(Default)]
pub(crate) struct Request(Vec<(&'static str, Frame)>);

impl Request {
    /// Adds text.
    pub(crate) fn text(self, name: &'static str, text: &str) -> Self {
        self.bytes(name, Zeroizing::new(text.as_bytes().to_vec()))
    }

    /// Adds text, if there is any.
    pub(crate) fn text_if(self, name: &'static str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// Adds a number, in decimal digits.
    pub(crate) fn number(self, name: &'static str, number: impl ToString) -> Self {
        self.text(name, &number.to_string())
    }

    /// Adds a number, if there is one.
    pub(crate) fn number_if(self, name: &'static str, number: Option<impl ToString>) -> Self {
        match number {
            Some(number) => self.number(name, number),
            None => self,
        }
    }

    /// Adds the instant of the call.
    pub(crate) fn now(self, now: UnixTime) -> Self {
        self.number("now", now.seconds())
    }

    /// The frame.
    pub(crate) fn frame(&self) -> Frame {
        let strings = self.0.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_slice()]);
        frame(&strings.collect::<Vec<_>>())
    }

    fn bytes(mut self, name: &'static str, value: Frame) -> Self {
        self.0.push((name, value));
        self
    }

    fn keys(self, name: &'static str, list: Option<&KeyList>) -> Self {
        let Some(list) = list else { return self };
        let entries = list.iter().map(|entry| entry.as_ref().map_or_else(Frame::default, key));
        self.bytes(name, frame(&entries.collect::<Vec<_>>()))
    }

    fn key_options(self, keys: &KeyOptions) -> Self {
        self.keys("secrets", keys.secrets.as_ref())
            .keys("public_keys", keys.public_keys.as_ref())
            .keys("encryption_keys", keys.encryption_keys.as_ref())
    }
}

/// The options of a receiver.
pub(crate) fn receiver(options: &ReceiverOptions) -> Request {
    Request::default()
        .text("scheme", options.scheme.name())
        .key_options(&options.keys)
        .text_if("envelope", options.envelope.map(envelope))
        .text_if("encryption", options.encryption.map(encryption))
        .text_if("audience", options.audience.as_deref())
        .number_if("tolerance_seconds", options.tolerance_seconds)
        .number_if("future_tolerance_seconds", options.future_tolerance_seconds)
        .number_if("max_body_bytes", options.max_body_bytes)
}

/// The options of a sender, without how many messages it has sealed before.
pub(crate) fn sender(options: &SenderOptions) -> Request {
    Request::default()
        .text("scheme", options.scheme.name())
        .keys("secrets", options.secrets.as_ref())
        .keys("encryption_keys", options.encryption_keys.as_ref())
        .text_if("envelope", options.envelope.map(envelope))
        .text_if("audience", options.audience.as_deref())
        .number_if("max_body_bytes", options.max_body_bytes)
}

/// The options of a sender that signs what another has prepared, of any length that the core takes:
/// the other has kept to its own limit.
pub(crate) fn signer(options: &SenderOptions) -> Request {
    Request::default()
        .text("scheme", options.scheme.name())
        .keys("secrets", options.secrets.as_ref())
        .number("max_body_bytes", BODY_BYTES_MAX)
}

/// A request to open: the instant, the keys of this one call, then the headers.
pub(crate) fn open<N: AsRef<str>, V: AsRef<[u8]>>(
    headers: &[(N, V)],
    now: UnixTime,
    keys: Option<&KeyOptions>,
) -> Frame {
    let options = Request::default().now(now);
    let options = match keys {
        Some(keys) => options.key_options(keys),
        None => options,
    };
    let pairs = options.0.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()));
    let mut strings: Vec<&[u8]> = pairs.flat_map(|(name, value)| [name, value]).collect();
    strings.push(&[]);
    let headers = headers.iter().map(|(name, value)| (name.as_ref().as_bytes(), value.as_ref()));
    strings.extend(headers.flat_map(|(name, value)| [name, value]));
    frame(&strings)
}

fn key(input: &KeyInput) -> Frame {
    Request::default()
        .text("secret", &input.text)
        .text_if("id", input.id.as_deref())
        .text_if("encoding", (input.encoding == SecretEncoding::Text).then_some("text"))
        .number_if("not_before", input.not_before)
        .number_if("not_after", input.not_after)
        .frame()
}

fn envelope(envelope: Envelope) -> &'static str {
    match envelope {
        Envelope::Jwe => "jwe",
        Envelope::Json => "json",
    }
}

fn encryption(encryption: Encryption) -> &'static str {
    match encryption {
        Encryption::Required => "required",
        Encryption::Optional => "optional",
        Encryption::Forbidden => "forbidden",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_core() {
        for each in [Envelope::Jwe, Envelope::Json] {
            assert_eq!(Envelope::named(envelope(each)), Ok(each));
        }
        for each in [Encryption::Required, Encryption::Optional, Encryption::Forbidden] {
            assert_eq!(Encryption::named(encryption(each)), Ok(each));
        }
    }
}
