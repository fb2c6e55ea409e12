//! The sender: seals messages in any instance of its host.

use core::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postseal::{Code, Error, Message, Scheme, SenderOptions, UnixTime};

use crate::answer::{Answer, unreadable};
use crate::exports::Exports;
use crate::frame::Frame;
use crate::instance::{Handle, Instance};
use crate::pool::{Lent, Made, Pool};
use crate::receiver::up_to;
use crate::request::{self, Request};

/// After so many messages an instance makes the sender anew, with the count of all instances: the
/// bound of a key's messages is exceeded by this many an instance at most.
const USES_MAX: u32 = 65_536;

/// Seals messages to one receiver. Made once, used for every message, from any number of threads.
///
/// Randomness is that of the host. Like a receiver, it outlives the instance in which it was made.
pub struct Sender {
    made: Made,
    options: Frame,
    scheme: &'static Scheme,
    max_body_bytes: usize,
    /// How many messages the encryption key has sealed, here and before.
    sealed: AtomicU64,
}

/// Header names and values, in the order in which they are to be sent.
pub type HeaderList = Vec<(String, String)>;

/// A signed message: send these headers, and exactly these bytes.
#[derive(Clone)]
pub struct Sealed {
    /// Names and values: the content type first, then the scheme's own.
    pub headers: HeaderList,
    /// Exactly the bytes to send.
    pub body: Vec<u8>,
}

/// A message whose body is final, and which is signed anew for each attempt.
///
/// It stands in the instance that prepared it, and falls with it: then signing it is
/// `module_failed`, and it must be prepared anew.
pub struct Prepared {
    made: Made,
    instance: u64,
    body: Vec<u8>,
}

impl Sender {
    pub(crate) fn new(pool: &Arc<Pool>, options: &SenderOptions) -> Result<Self, Error> {
        let mut sender = Sender {
            made: Made::new(pool),
            options: request::sender(options).frame(),
            scheme: options.scheme,
            max_body_bytes: 0,
            sealed: AtomicU64::new(options.sealed_before),
        };
        sender.max_body_bytes = pool.borrow()?.run(|instance| sender.make(instance))?;
        Ok(sender)
    }

    /// Encrypts, where there are encryption keys, and signs: one call for a message that is sent
    /// once.
    ///
    /// # Errors
    /// Those of [`postseal::Sender::seal`]; `module_failed`.
    pub fn seal(&self, message: &Message<'_>, now: UnixTime) -> Result<Sealed, Error> {
        let frame = frame_of(message, now);
        let payload = up_to(message.payload, self.max_body_bytes);
        let read = |answer: Answer<'_>| {
            Ok(Sealed { headers: headers(&answer), body: body(&answer, message.payload) })
        };
        self.lend()?.run(|instance| {
            let handle = self.handle_to_encrypt(instance)?;
            instance.on_handle(Exports::sender_seal, handle, [&frame, payload], read)
        })
    }

    /// Encrypts the payload, where there are encryption keys. Once a message, however often it is
    /// sent.
    ///
    /// # Errors
    /// Those of [`postseal::Sender::prepare`]; `module_failed`.
    pub fn prepare(&self, message: &Message<'_>, now: UnixTime) -> Result<Prepared, Error> {
        let frame = frame_of(message, now);
        let payload = up_to(message.payload, self.max_body_bytes);
        let read =
            |answer: Answer<'_>| Ok((answer.number("handle")?, body(&answer, message.payload)));
        let made = Made::new(self.made.pool());
        self.lend()?.run(|instance| {
            let handle = self.handle_to_encrypt(instance)?;
            let (number, body) =
                instance.on_handle(Exports::sender_prepare, handle, [&frame, payload], read)?;
            instance.handles.insert(made.id(), Handle { number, uses: 0 });
            Ok(Prepared { made, instance: instance.id, body })
        })
    }

    /// Signs a prepared message for one attempt: the headers to send with its body.
    ///
    /// # Errors
    /// `no_live_secret`; `invalid_config` for a message of another scheme, or in the clear where
    /// this sender encrypts; `stale_handle` for a message that a sender of another host prepared;
    /// `module_failed`, also where the instance that prepared the message has failed since.
    pub fn sign(&self, prepared: &Prepared, now: UnixTime) -> Result<HeaderList, Error> {
        let request = Request::default().now(now).frame();
        if !Arc::ptr_eq(self.made.pool(), prepared.made.pool()) {
            return Err(foreign());
        }
        self.made.pool().borrow_only(prepared.instance)?.run(|instance| {
            let sender = self.handle(instance)?.number;
            let held = instance.handles.get(&prepared.made.id()).ok_or_else(foreign)?.number;
            instance.sign([sender, held], &request, |answer| Ok(headers(&answer)))
        })
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// The longest body that is sealed, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.max_body_bytes
    }

    fn lend(&self) -> Result<Lent<'_>, Error> {
        self.made.pool().borrow()
    }

    /// The handle for one more message, which is counted whatever becomes of it.
    fn handle_to_encrypt(&self, instance: &mut Instance) -> Result<u64, Error> {
        let handle = self.handle(instance)?;
        let handle = match handle.uses < USES_MAX {
            true => handle,
            false => {
                instance.handles.remove(&self.made.id());
                instance.free_handle(handle.number)?;
                self.handle(instance)?
            }
        };
        let used = Handle { uses: handle.uses.saturating_add(1), ..handle };
        instance.handles.insert(self.made.id(), used);
        self.sealed.fetch_add(1, Ordering::Relaxed);
        Ok(used.number)
    }

    fn handle(&self, instance: &mut Instance) -> Result<Handle, Error> {
        if !instance.handles.contains_key(&self.made.id()) {
            self.make(instance)?;
        }
        instance.handles.get(&self.made.id()).copied().ok_or_else(unreadable)
    }

    fn make(&self, instance: &mut Instance) -> Result<usize, Error> {
        let sealed = self.sealed.load(Ordering::Relaxed);
        let count = Request::default().number("sealed_before", sealed).frame();
        let options = Frame::new([self.options.as_slice(), &count].concat());
        let read =
            |answer: Answer<'_>| Ok((answer.number("handle")?, answer.number("max_body_bytes")?));
        let (number, max_body_bytes) = instance.on_frame(Exports::sender_new, &options, read)?;
        instance.handles.insert(self.made.id(), Handle { number, uses: 0 });
        Ok(max_body_bytes)
    }
}

impl Prepared {
    /// Exactly the bytes to send.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("scheme", &self.scheme.name()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

fn frame_of(message: &Message<'_>, now: UnixTime) -> Frame {
    let request = Request::default().text("id", message.id).now(now);
    request.text_if("content_type", message.content_type).frame()
}

/// The body of an answer, which leaves it out where it is the payload.
fn body(answer: &Answer<'_>, payload: &[u8]) -> Vec<u8> {
    answer.bytes("body").unwrap_or(payload).to_vec()
}

fn headers(answer: &Answer<'_>) -> HeaderList {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    answer.headers().iter().map(owned).collect()
}

fn foreign() -> Error {
    Error::new(Code::StaleHandle, "the message was prepared by a sender of another host")
}
