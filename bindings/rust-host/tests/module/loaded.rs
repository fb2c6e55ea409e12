//! The module that is tested, and what its receivers and senders are made of.

use std::env;
use std::fs;
use std::sync::{Arc, Mutex};

use postseal_host::{
    Error, Host, HostOptions, KeyInput, KeyOptions, Message, ReceiverOptions, SenderOptions, Trust,
    UnixTime,
};

pub(crate) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDWwoRQC6fpnE=";
pub(crate) const ENCRYPTION_KEY: &str = "whenc_bYGyvpcWuHnzcVB6Ni3GFRFvgnAk3BmLBrNZeV6fuqU=";
pub(crate) const NOW: i64 = 1_700_000_000;

/// The module's bytes.
pub(crate) fn module(variable: &str) -> Vec<u8> {
    let path = env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set"));
    fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// A host of the module.
pub(crate) fn host(options: HostOptions) -> Host {
    let options = HostOptions { trust: Trust::Unchecked, ..options };
    Host::load(&module("POSTSEAL_WASM"), options).expect("the module loads")
}

/// Random bytes that a test sets: each draw gives these, and must ask for as many. An instance
/// draws its own number first, with the receiver that `host` makes.
#[derive(Clone)]
pub(crate) struct Fixed(Arc<Mutex<Vec<u8>>>);

impl Default for Fixed {
    fn default() -> Self {
        Fixed(Arc::new(Mutex::new(vec![1; 3])))
    }
}

impl Fixed {
    pub(crate) fn set(&self, bytes: &[u8]) {
        *self.0.lock().expect("no test has failed") = bytes.to_vec();
    }

    /// A host that draws them.
    pub(crate) fn host(&self) -> Host {
        let set = self.0.clone();
        let draw = move |bytes: &mut [u8]| {
            let set = set.lock().map_err(|_| unset())?;
            bytes.iter_mut().zip(set.iter()).for_each(|(byte, fixed)| *byte = *fixed);
            if bytes.len() == set.len() { Ok(()) } else { Err(unset()) }
        };
        let host = host(HostOptions { entropy: Arc::new(draw), ..HostOptions::default() });
        let headers: [(&str, &str); 0] = [];
        let receiver = host.receiver(ReceiverOptions::default()).expect("a receiver without keys");
        receiver.open(&headers, b"", now()).expect_err("no key is live");
        self.set(&[]);
        host
    }
}

fn unset() -> Error {
    Error::new(postseal_host::Code::EntropyUnavailable, "the test has set other random bytes")
}

pub(crate) fn now() -> UnixTime {
    UnixTime::new(NOW).expect("a plausible time")
}

pub(crate) fn list(key: &str) -> Option<Vec<Option<KeyInput>>> {
    Some(vec![Some(KeyInput::from(key))])
}

/// A receiver's options, with one secret, and one encryption key where `encrypted`.
pub(crate) fn receiver_options(encryption_key: Option<&str>) -> ReceiverOptions {
    let keys = KeyOptions {
        secrets: list(SECRET),
        encryption_keys: encryption_key.and_then(list),
        ..KeyOptions::default()
    };
    ReceiverOptions { keys, ..ReceiverOptions::default() }
}

/// The sender for that receiver.
pub(crate) fn sender_options(encryption_key: Option<&str>) -> SenderOptions {
    SenderOptions {
        secrets: list(SECRET),
        encryption_keys: encryption_key.and_then(list),
        ..SenderOptions::default()
    }
}

/// A message with an id of its own.
pub(crate) fn message<'a>(id: &'a str, payload: &'a [u8]) -> Message<'a> {
    Message { id, content_type: Some("application/json"), payload }
}

/// Headers and body of a message, sealed natively.
pub(crate) fn sealed(
    encryption_key: Option<&str>,
    id: &str,
    payload: &[u8],
) -> (Vec<(String, String)>, Vec<u8>) {
    let sender = postseal::Sender::new(sender_options(encryption_key)).expect("a sender");
    let mut entropy = |bytes: &mut [u8]| {
        bytes.fill(0x5a);
        Ok(())
    };
    let sealed = sender.seal(&message(id, payload), now(), &mut entropy).expect("sealed");
    let headers = sealed.headers.into_iter().map(|(name, value)| (name.to_owned(), value));
    (headers.collect(), sealed.body)
}
