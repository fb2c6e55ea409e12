//! Encrypted webhooks: sign, verify, encrypt and decrypt, with one answer on every platform.
//!
//! This crate is the core. It does no I/O, reads no clock and draws no randomness: bytes, time and
//! entropy are arguments, so the same input gives the same answer, and the same error code,
//! everywhere.
//!
//! ```
//! use postseal::{KeyInput, Message, Receiver, ReceiverOptions, Sender, SenderOptions, UnixTime};
//!
//! let secret = || vec![Some(KeyInput::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))];
//! let now = UnixTime::new(1_700_000_000)?;
//!
//! let options = SenderOptions { secrets: Some(secret()), ..SenderOptions::default() };
//! let sender = Sender::new(options)?;
//! let message = Message { id: "evt_1", content_type: None, payload: b"{}" };
//! let sealed = sender.seal(&message, now, &mut |_| unreachable!("nothing is encrypted here"))?;
//!
//! let mut options = ReceiverOptions::default();
//! options.keys.secrets = Some(secret());
//! let receiver = Receiver::new(options)?;
//! let delivery = receiver.open(&sealed.headers, &sealed.body, now)?;
//! assert_eq!(delivery.payload(), b"{}");
//! # Ok::<(), postseal::Error>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod abi;
mod body_limit;
mod content_type;
mod delivery;
mod encryption_key;
mod envelope;
mod error;
mod generate;
mod key_input;
mod key_ring;
pub mod limits;
mod log_key;
mod message;
pub mod policy;
mod primitives;
mod receiver;
mod receiver_options;
mod scheme;
mod secret;
mod sender;
mod sender_options;
mod storage_key;
mod time;

pub use content_type::ContentType;
pub use delivery::{Delivery, ReplayKeySource, payload_hash};
pub use encryption_key::key_id;
pub use envelope::Encryption;
pub use error::{Code, Error};
pub use generate::{
    Entropy, SigningKeyPair, generate_encryption_key, generate_secret, generate_signing_key_pair,
};
pub use key_input::{KeyInput, SecretEncoding};
pub use key_ring::KeyList;
pub use log_key::LogKey;
pub use message::{Message, Prepared, Sealed};
pub use receiver::Receiver;
pub use receiver_options::{KeyOptions, ReceiverOptions};
pub use scheme::sign::HeaderList;
pub use scheme::{Envelope, Scheme};
pub use sender::Sender;
pub use sender_options::SenderOptions;
pub use storage_key::StorageKey;
pub use time::UnixTime;
