//! The signed bytes of a message: the scheme's parts, in order, around the body.

use super::headers::Timestamp;
use super::{Part, Scheme};

/// What a scheme signs beside the body.
#[derive(Clone, Copy)]
pub(crate) struct SignedFacts<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) timestamp: Option<Timestamp<'a>>,
}

impl<'a> SignedFacts<'a> {
    /// Gives `sink` each part before the body.
    pub(super) fn before_body(self, scheme: &Scheme, sink: impl FnMut(&[u8])) {
        let parts = scheme.signed.split(|part| matches!(part, Part::Body)).next();
        self.write(parts.unwrap_or_default(), sink);
    }

    /// Gives `sink` each part after the body.
    pub(super) fn after_body(self, scheme: &Scheme, sink: impl FnMut(&[u8])) {
        let parts = scheme.signed.split(|part| matches!(part, Part::Body)).nth(1);
        self.write(parts.unwrap_or_default(), sink);
    }

    fn write(self, parts: &[Part], mut sink: impl FnMut(&[u8])) {
        for part in parts {
            match part {
                Part::Text(text) => sink(text.as_bytes()),
                Part::Id => sink(self.id.unwrap_or_default().as_bytes()),
                Part::Timestamp => sink(self.timestamp.map_or(&[], |timestamp| timestamp.text)),
                Part::Body => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// No scheme of the table signs anything behind the body, so no vector can show it.
    #[test]
    fn parts_behind_the_body_are_signed() {
        let signed = &[Part::Text("a"), Part::Id, Part::Body, Part::Timestamp, Part::Text("b")];
        let scheme = Scheme { signed, ..super::super::table::STANDARD };
        let facts = SignedFacts {
            id: Some("evt_1"),
            timestamp: Some(Timestamp { text: b"17", seconds: 17 }),
        };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        facts.before_body(&scheme, |bytes| before.extend_from_slice(bytes));
        facts.after_body(&scheme, |bytes| after.extend_from_slice(bytes));
        assert_eq!((before.as_slice(), after.as_slice()), (&b"aevt_1"[..], &b"17b"[..]));
    }
}
