//! Nonces: drawn at random for each message, never derived, and never more than one key may bear.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Code, Error};
use crate::generate::Entropy;
use crate::limits::SEALS_PER_SENDER_MAX;
use crate::primitives::aead::NONCE_BYTES;

/// Draws nonces for one sender, and counts them.
///
/// The bound is of a key over all its senders, which no sender can see alone: the count here is a
/// backstop, the key's `notAfter` is the real limit.
#[derive(Debug)]
pub(crate) struct NonceSource {
    drawn: AtomicU32,
    last: [AtomicU32; 3],
}

impl NonceSource {
    /// Starts the count at the number of messages that were sealed before.
    pub(crate) fn new(sealed_before: u64) -> Self {
        let drawn = u32::try_from(sealed_before).unwrap_or(SEALS_PER_SENDER_MAX);
        NonceSource { drawn: AtomicU32::new(drawn), last: Default::default() }
    }

    /// Draws the next nonce.
    ///
    /// # Errors
    /// `key_exhausted` after the last; `entropy_unavailable` for one that is all zero or equals the
    /// last: such a generator is broken, and a repeated nonce would give the key away.
    pub(crate) fn draw(&self, entropy: Entropy<'_>) -> Result<[u8; NONCE_BYTES], Error> {
        self.count()?;
        let mut nonce = [0; NONCE_BYTES];
        entropy(&mut nonce)?;
        if nonce == [0; NONCE_BYTES] || !self.differs_from_last(&nonce) {
            return Err(Error::new(
                Code::EntropyUnavailable,
                "the random number generator repeats itself: do not send until it is mended",
            ));
        }
        Ok(nonce)
    }

    fn count(&self) -> Result<(), Error> {
        let next = |drawn: u32| (drawn < SEALS_PER_SENDER_MAX).then(|| drawn.saturating_add(1));
        match self.drawn.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::new(
                Code::KeyExhausted,
                "this encryption key has sealed as many messages as it may: put a new one first",
            )),
        }
    }

    /// A backstop against a generator that stands still, not a proof: of two threads that draw at
    /// the same time, each may see the other's nonce in part.
    fn differs_from_last(&self, nonce: &[u8; NONCE_BYTES]) -> bool {
        let (words, _) = nonce.as_chunks::<4>();
        let mut differs = false;
        for (last, word) in self.last.iter().zip(words) {
            let word = u32::from_ne_bytes(*word);
            differs |= last.swap(word, Ordering::Relaxed) != word;
        }
        differs
    }
}
