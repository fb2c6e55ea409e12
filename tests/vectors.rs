//! Every vector, natively: the same files run in every other language.

mod support;

use postseal::{Error, Message, Receiver, ReceiverOptions, Sender, SenderOptions, UnixTime};
use support::runner::{self, Face, Facts, Request, Sent, facts};

#[test]
fn every_case_gives_its_delivery_or_code() {
    runner::open_all(&Native);
}

#[test]
fn every_case_with_a_seal_is_sealed_to_the_byte() {
    runner::seal_all(&Native);
}

#[test]
fn every_refusal_of_a_sender_has_its_code() {
    runner::refuse_all(&Native);
}

/// The core itself.
struct Native;

impl Face for Native {
    fn open(&self, options: ReceiverOptions, request: Request<'_>) -> Result<Facts, Error> {
        let receiver = Receiver::new(options)?;
        let Request { headers, body, now, keys } = request;
        let now = UnixTime::new(now)?;
        let delivery = match keys {
            Some(keys) => receiver.open_with(headers, body, now, &keys)?,
            None => receiver.open(headers, body, now)?,
        };
        Ok(facts!(delivery))
    }

    fn seal(
        &self,
        options: SenderOptions,
        message: &Message<'_>,
        now: i64,
        nonces: &[Vec<u8>],
    ) -> Result<Sent, Error> {
        let sender = Sender::new(options)?;
        let now = UnixTime::new(now)?;
        let (last, before) = nonces.split_last().expect("a nonce, be it empty");
        for nonce in before {
            sender.seal(message, now, &mut entropy(nonce)).expect("all but the last are sealed");
        }
        let sealed = sender.seal(message, now, &mut entropy(last))?;
        let headers = sealed.headers.into_iter().map(|(name, value)| (name.to_owned(), value));
        Ok((headers.collect(), sealed.body))
    }
}

/// Randomness that is these bytes.
fn entropy(nonce: &[u8]) -> impl FnMut(&mut [u8]) -> Result<(), Error> {
    |bytes| {
        bytes.copy_from_slice(nonce);
        Ok(())
    }
}
