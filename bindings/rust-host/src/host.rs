//! The host: a loaded module, from which receivers and senders are made.

use core::fmt;
use std::sync::Arc;

use postseal::{Error, ReceiverOptions, SenderOptions, SigningKeyPair};
use zeroize::Zeroizing;

use crate::answer::Answer;
use crate::engine::Compiled;
use crate::exports::{Exports, OnFrame};
use crate::options::HostOptions;
use crate::pool::Pool;
use crate::receiver::Receiver;
use crate::request::Request;
use crate::sender::Sender;

/// A loaded module, with the pool of its instances. A clone is the same host.
///
/// The thread that holds calls to their deadline ends when the last clone, and all that was made
/// of it, is dropped.
#[derive(Clone)]
pub struct Host {
    pub(crate) pool: Arc<Pool>,
}

impl Host {
    /// Checks a module's SHA-256, compiles it, and starts one instance.
    ///
    /// # Errors
    /// `invalid_config` for an option out of its bounds. `unsupported_runtime` for another module
    /// than the expected one, and for one that this host cannot compile, link or talk to: loading
    /// it again cannot help. `module_failed` where its start traps or runs past the deadline.
    ///
    /// ```no_run
    /// # use postseal_host::{Error, Host, HostOptions};
    /// let module = std::fs::read("postseal.wasm")?;
    /// let host = Host::load(&module, HostOptions::default())?;
    /// let secret = host.generate_secret()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load(module: &[u8], options: HostOptions) -> Result<Self, Error> {
        let compiled = Compiled::new(module, options.checked()?)?;
        let pool = Pool::new(compiled);
        drop(pool.borrow()?);
        Ok(Host { pool: Arc::new(pool) })
    }

    /// Makes a receiver.
    ///
    /// # Errors
    /// Those of [`postseal::Receiver::new`]; `module_failed`.
    ///
    /// ```no_run
    /// # use postseal_host::{Error, Host, HostOptions, KeyInput, ReceiverOptions};
    /// # let host = Host::load(&[], HostOptions::default())?;
    /// let mut options = ReceiverOptions::default();
    /// let secret = KeyInput::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    /// options.keys.secrets = Some(vec![Some(secret)]);
    /// let receiver = host.receiver(options)?;
    /// assert_eq!(receiver.max_body_bytes(), 1 << 20);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn receiver(&self, options: ReceiverOptions) -> Result<Receiver, Error> {
        Receiver::new(&self.pool, &options)
    }

    /// Makes a sender.
    ///
    /// # Errors
    /// Those of [`postseal::Sender::new`]; `module_failed`.
    pub fn sender(&self, options: SenderOptions) -> Result<Sender, Error> {
        Sender::new(&self.pool, &options)
    }

    /// Makes a signing secret: `whsec_` and base64 of 32 random bytes.
    ///
    /// # Errors
    /// `entropy_unavailable`; `module_failed`.
    pub fn generate_secret(&self) -> Result<Zeroizing<String>, Error> {
        self.generate("secret", |answer| secret_text(&answer, "secret"))
    }

    /// Makes an AES-256 key: `whenc_` and base64 of 32 random bytes.
    ///
    /// # Errors
    /// `entropy_unavailable`; `module_failed`.
    pub fn generate_encryption_key(&self) -> Result<Zeroizing<String>, Error> {
        self.generate("encryption_key", |answer| secret_text(&answer, "encryption_key"))
    }

    /// Makes an Ed25519 key pair.
    ///
    /// # Errors
    /// `entropy_unavailable`; `module_failed`.
    pub fn generate_signing_key_pair(&self) -> Result<SigningKeyPair, Error> {
        self.generate("signing_key_pair", |answer| {
            Ok(SigningKeyPair {
                private_key: secret_text(&answer, "private_key")?,
                public_key: answer.text("public_key")?.to_owned(),
            })
        })
    }

    /// The id that an encryption key has by default.
    ///
    /// # Errors
    /// `invalid_key`; `module_failed`.
    pub fn key_id(&self, encryption_key: &str) -> Result<String, Error> {
        let request = Request::default().text("encryption_key", encryption_key);
        let read = |answer: Answer<'_>| answer.text("key_id").map(str::to_owned);
        self.call(Exports::key_id, &request, read)
    }

    /// How many instances there are now, idle or at work.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.pool.instances()
    }

    /// Calls an operation that needs no handle.
    pub(crate) fn call<T>(
        &self,
        operation: impl Fn(&Exports) -> &OnFrame,
        request: &Request,
        read: impl FnOnce(Answer<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let frame = request.frame();
        self.pool.borrow()?.run(|instance| instance.on_frame(operation, &frame, read))
    }

    fn generate<T>(
        &self,
        kind: &str,
        read: impl FnOnce(Answer<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let request = Request::default().text("kind", kind);
        self.call(Exports::generate, &request, read)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("instances", &self.instances()).finish_non_exhaustive()
    }
}

fn secret_text(answer: &Answer<'_>, name: &str) -> Result<Zeroizing<String>, Error> {
    answer.text(name).map(|text| Zeroizing::new(text.to_owned()))
}
