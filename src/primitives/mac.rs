//! HMAC-SHA256 (RFC 2104, FIPS 198-1) with a keyed state that is made once, and the one comparison
//! of MACs.

use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// Length of a MAC, in bytes.
pub(crate) const MAC_BYTES: usize = 32;

/// A MAC key, held as the keyed state of HMAC: both padded blocks are already hashed.
///
/// It can be used, and wiped when dropped, but not read, compared or copied out.
pub(crate) struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Takes a key of any length; the bounds of a secret are its own matter.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(key).ok().map(MacKey)
    }

    /// Starts the MAC of one message.
    pub(crate) fn start(&self) -> RunningMac {
        RunningMac(self.0.clone())
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(redacted)")
    }
}

/// The MAC of a message whose bytes are still coming.
pub(crate) struct RunningMac(Hmac<Sha256>);

impl RunningMac {
    /// Adds the next bytes of the message.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Ends the message.
    pub(crate) fn finish(self) -> MacTag {
        MacTag(self.0.finalize().into_bytes().into())
    }
}

/// A MAC that this side computed. It is compared here, in constant time, and nowhere else.
pub(crate) struct MacTag([u8; MAC_BYTES]);

impl MacTag {
    /// Whether a MAC from the wire is this one.
    pub(crate) fn matches(&self, received: &[u8; MAC_BYTES]) -> Choice {
        self.0.ct_eq(received)
    }

    /// The bytes, to be sent.
    pub(crate) fn into_bytes(self) -> [u8; MAC_BYTES] {
        self.0
    }
}
