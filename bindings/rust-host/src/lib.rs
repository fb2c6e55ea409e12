//! postseal's WASI module on wasmtime: the API of the core, with everything that touches a
//! stranger's bytes in a sandbox.
//!
//! The same calls give the same answers and codes as the crate `postseal`, which is the simpler
//! choice for a program that trusts what it links. This one is for a host that loads the module at
//! run time, as a proxy loads a plugin: a module that traps, loops or takes memory without end
//! ends one call with `module_failed`, and nothing else.
//!
//! ```no_run
//! use postseal_host::{Host, HostOptions, KeyInput, ReceiverOptions, UnixTime};
//!
//! // The module of this version, by its SHA-256, and no other.
//! let host = Host::load(&std::fs::read("postseal.wasm")?, HostOptions::default())?;
//!
//! let mut options = ReceiverOptions::default();
//! let secret = KeyInput::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
//! options.keys.secrets = Some(vec![Some(secret)]);
//! let receiver = host.receiver(options)?;
//!
//! // From any thread: an instance of the module serves one call at a time, and there are several.
//! let headers = [("webhook-id", "evt_1")];
//! let now = UnixTime::try_from(std::time::SystemTime::now())?;
//! match receiver.open(&headers, b"{}", now) {
//!     Ok(delivery) => println!("{} bytes", delivery.payload().len()),
//!     Err(refusal) => println!("{}: {}", refusal.status(), refusal.code()),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::as_conversions)
)]

mod answer;
mod checksum;
mod delivery;
mod engine;
mod exports;
mod frame;
mod host;
mod imports;
mod instance;
mod options;
mod policy;
mod pool;
mod receiver;
mod request;
mod sender;
mod ticker;

pub use checksum::Trust;
pub use delivery::Delivery;
pub use host::Host;
pub use imports::{Clock, Entropy};
pub use options::{
    DEADLINE_DEFAULT, DEADLINE_MAX, HostOptions, INSTANCES_MAX, MEMORY_BYTES_DEFAULT,
    MEMORY_BYTES_MIN,
};
pub use policy::{Claims, Subject};
pub use receiver::Receiver;
pub use sender::{HeaderList, Prepared, Sealed, Sender};

pub use postseal::{
    Code, Encryption, Envelope, Error, KeyInput, KeyList, KeyOptions, Message, ReceiverOptions,
    ReplayKeySource, Scheme, SecretEncoding, SenderOptions, SigningKeyPair, UnixTime,
};
