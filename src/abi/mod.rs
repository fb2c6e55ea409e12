//! The operations of the WASI module, as frames in and frames out: see `docs/abi.md`.
//!
//! This is the module without its memory: pointers, exports and imports stand in `bindings/wasi`.
//! From Rust, use [`Receiver`] and [`Sender`] themselves.
//!
//! An answer is a frame whose first string is `ok` or an error's code. Nothing that a frame says
//! makes an operation panic.

mod answer;
mod describe;
mod frame;
mod handles;
mod keys;
mod options;
mod policy;
mod receiver;
mod sender;

use alloc::boxed::Box;
use alloc::vec::Vec;

use self::answer::{Answer, frame};
use self::handles::{Handles, stale};
use self::options::Options;
use crate::error::Error;
use crate::message::Prepared;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::time::UnixTime;

/// The version of the frames and exports. It rises when a host would have to change.
pub const ABI_VERSION: u32 = 1;

/// What an operation may need of its host, where the frame does not bring it.
pub trait Host {
    /// The clock, in whole seconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// `clock_unavailable`.
    fn clock(&mut self) -> Result<UnixTime, Error>;

    /// Fills the slice with random bytes.
    ///
    /// # Errors
    /// `entropy_unavailable`.
    fn entropy(&mut self, bytes: &mut [u8]) -> Result<(), Error>;
}

/// The frame of an answer that says no.
#[must_use]
pub fn refusal(error: Error) -> Vec<u8> {
    frame(Err(error))
}

/// What the module keeps between calls: receivers, senders and prepared messages, by handle.
///
/// ```
/// use postseal::abi::{Host, Module};
/// use postseal::{Error, UnixTime};
///
/// struct FixedHost;
/// impl Host for FixedHost {
///     fn clock(&mut self) -> Result<UnixTime, Error> {
///         UnixTime::new(1_700_000_000)
///     }
///     fn entropy(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
///         bytes.fill(7);
///         Ok(())
///     }
/// }
///
/// let frame = |strings: &[&[u8]]| -> Vec<u8> {
///     let length = |string: &[u8]| (string.len() as u32).to_le_bytes();
///     strings.iter().flat_map(|string| [&length(string), *string].concat()).collect()
/// };
/// let mut module = Module::new();
/// let answer = module.receiver_open(&mut FixedHost, 1, &frame(&[]), b"{}");
/// assert!(answer.starts_with(&frame(&[b"stale_handle"])));
/// ```
pub struct Module {
    handles: Handles<Held>,
}

/// What a handle stands for.
enum Held {
    Receiver(Box<Receiver>),
    Sender(Box<Sender>),
    Prepared(Box<Prepared>),
}

impl Module {
    /// A module that keeps nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Module { handles: Handles::new() }
    }

    /// Drops a receiver, a sender or a prepared message, and wipes its keys. The handle is never
    /// valid again; a second time it is `stale_handle`.
    pub fn free(&mut self, handle: u64) -> Vec<u8> {
        frame(self.handles.free(handle).map(|()| Answer::ok()))
    }

    fn receiver(&self, handle: u64) -> Result<&Receiver, Error> {
        match self.handles.find(handle)? {
            Held::Receiver(receiver) => Ok(receiver),
            Held::Sender(_) | Held::Prepared(_) => Err(stale()),
        }
    }

    fn sender(&self, handle: u64) -> Result<&Sender, Error> {
        match self.handles.find(handle)? {
            Held::Sender(sender) => Ok(sender),
            Held::Receiver(_) | Held::Prepared(_) => Err(stale()),
        }
    }

    fn prepared(&self, handle: u64) -> Result<&Prepared, Error> {
        match self.handles.find(handle)? {
            Held::Prepared(prepared) => Ok(prepared),
            Held::Receiver(_) | Held::Sender(_) => Err(stale()),
        }
    }

    /// Keeps a thing, and gives its handle.
    fn keep(&mut self, host: &mut dyn Host, thing: Held) -> Result<u64, Error> {
        self.handles.keep(thing, &mut |bytes| host.entropy(bytes))
    }
}

impl Default for Module {
    fn default() -> Self {
        Module::new()
    }
}

/// The frame's `now`, else the host's clock.
fn instant(options: &Options<'_>, host: &mut dyn Host) -> Result<UnixTime, Error> {
    match options.now()? {
        Some(now) => Ok(now),
        None => host.clock(),
    }
}
