//! The plugin: a receiver in the module, or the reason why there is none.

use postseal_host::{
    Error, Host, HostOptions, KeyInput, KeyOptions, Receiver, ReceiverOptions, UnixTime,
};

use crate::request::Request;

/// The longest body where there is no receiver that says its own.
const BODY_BYTES_MAX: usize = 1 << 20;

/// A loaded module and its receiver. It fails closed: without them, every request is refused.
#[derive(Debug)]
pub struct Plugin {
    receiver: Result<Receiver, Error>,
}

impl Plugin {
    /// Loads a module, with the secrets of one endpoint, and its encryption key if it has one.
    #[must_use]
    pub fn load(
        module: &[u8],
        options: HostOptions,
        secret: &str,
        encryption_key: Option<&str>,
    ) -> Self {
        let list = |key: &str| vec![Some(KeyInput::from(key))];
        let keys = KeyOptions {
            secrets: Some(list(secret)),
            encryption_keys: encryption_key.map(list),
            ..KeyOptions::default()
        };
        let options_of = ReceiverOptions { keys, ..ReceiverOptions::default() };
        let receiver = Host::load(module, options).and_then(|host| host.receiver(options_of));
        Plugin { receiver }
    }

    /// Why there is no receiver.
    #[must_use]
    pub fn failure(&self) -> Option<&Error> {
        self.receiver.as_ref().err()
    }

    /// The longest body that a request may have.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.receiver.as_ref().map_or(BODY_BYTES_MAX, Receiver::max_body_bytes)
    }

    /// Verifies and opens a request: its replay key, which is what to remember.
    ///
    /// # Errors
    /// The refusal; `module_failed` and the like where the module is at fault.
    pub fn open(&self, request: &Request, now: UnixTime) -> Result<String, Error> {
        let receiver = self.receiver.as_ref().map_err(Clone::clone)?;
        let delivery = receiver.open(&request.headers, &request.body, now)?;
        Ok(delivery.replay_key().into_owned())
    }
}
