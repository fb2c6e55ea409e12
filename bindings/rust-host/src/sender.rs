//! The sender: seals messages in any instance of its host.

use core::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postseal::limits::SEALS_PER_SENDER_MAX;
use postseal::{Code, Error, Message, Scheme, SenderOptions, UnixTime};

use crate::answer::{Answer, unreadable};
use crate::exports::Exports;
use crate::frame::Frame;
use crate::instance::{Handle, Instance};
use crate::pool::{Made, Pool};
use crate::receiver::up_to;
use crate::request::{self, Request};

/// After so many messages an instance makes the sender anew, with the count of all instances: the
/// bound of a key's messages is exceeded by this many an instance at most.
const USES_MAX: u32 = 65_536;

/// Seals messages to one receiver. Made once, used for every message, from any number of threads.
///
/// Randomness is that of the host. Like a receiver, it outlives the instance in which it was made.
pub struct Sender {
    sealing: Seat,
    /// The same secrets without the encryption keys: signs what is encrypted already.
    signing: Seat,
    scheme: &'static Scheme,
    encrypts: bool,
    max_body_bytes: usize,
    /// How many messages the encryption key has sealed, here and before.
    sealed: AtomicU64,
}

/// A sender in the module, which any instance makes from its options.
struct Seat {
    made: Made,
    options: Frame,
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
/// It is kept here, and not in the module: any sender of its scheme can sign it, of any host.
pub struct Prepared {
    scheme: &'static Scheme,
    encrypted: bool,
    id: String,
    /// Those of a first signature. Of these, what is no part of a signature stays the same for each
    /// attempt: the content type, and the nonce where a header repeats it.
    headers: HeaderList,
    body: Vec<u8>,
}

impl Sender {
    pub(crate) fn new(pool: &Arc<Pool>, options: &SenderOptions) -> Result<Self, Error> {
        // More is no different, and the count must not come round to nothing.
        let sealed = options.sealed_before.min(u64::from(SEALS_PER_SENDER_MAX));
        let mut sender = Sender {
            sealing: Seat::new(pool, &request::sender(options)),
            signing: Seat::new(pool, &request::signer(options)),
            scheme: options.scheme,
            encrypts: options.encryption_keys.is_some(),
            max_body_bytes: 0,
            sealed: AtomicU64::new(sealed),
        };
        let make = |instance: &mut Instance| sender.sealing.make(instance, sealed);
        sender.max_body_bytes = pool.borrow()?.run(make)?;
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
            // An answer leaves the body out where it is the payload, which it is not encrypted.
            let body = match answer.bytes("body") {
                Some(body) => body,
                None if self.encrypts => return Err(unreadable()),
                None => message.payload,
            };
            Ok(Sealed { headers: headers(&answer), body: body.to_vec() })
        };
        self.sealing.made.pool().borrow()?.run(|instance| {
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
        let Sealed { headers, body } = self.seal(message, now)?;
        let (scheme, encrypted, id) = (self.scheme, self.encrypts, message.id.to_owned());
        Ok(Prepared { scheme, encrypted, id, headers, body })
    }

    /// Signs a prepared message for one attempt: the headers to send with its body. It may be that
    /// of another sender, as after a rotation.
    ///
    /// # Errors
    /// Those of [`postseal::Sender::sign`]; `module_failed`.
    pub fn sign(&self, prepared: &Prepared, now: UnixTime) -> Result<HeaderList, Error> {
        self.refuse_foreign(prepared)?;
        let frame = frame_of(&prepared.message(), now);
        let read = |answer: Answer<'_>| match answer.bytes("body") {
            // What is sent is the body that was prepared, and no other.
            Some(_) => Err(unreadable()),
            None => Ok(headers(&answer)),
        };
        let mut signed = self.signing.made.pool().borrow()?.run(|instance| {
            let handle = self.signing.handle(instance, 0)?.number;
            instance.on_handle(Exports::sender_seal, handle, [&frame, &prepared.body], read)
        })?;
        let is_new = |name: &str| signed.iter().all(|(other, _)| other != name);
        let kept = prepared.headers.iter().filter(|(name, _)| is_new(name));
        let kept: Vec<_> = kept.cloned().collect();
        signed.extend(kept);
        Ok(signed)
    }

    fn refuse_foreign(&self, prepared: &Prepared) -> Result<(), Error> {
        let why = if prepared.scheme != self.scheme {
            "the message was prepared under another scheme"
        } else if self.encrypts && !prepared.encrypted {
            "the message was prepared in the clear, and this sender encrypts"
        } else {
            return Ok(());
        };
        Err(Error::new(Code::InvalidConfig, why))
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

    /// The handle for one more message, which is counted whatever becomes of it.
    fn handle_to_encrypt(&self, instance: &mut Instance) -> Result<u64, Error> {
        let (id, sealed) = (self.sealing.made.id(), self.sealed.load(Ordering::Relaxed));
        let mut handle = self.sealing.handle(instance, sealed)?;
        if handle.uses >= USES_MAX {
            instance.handles.remove(&id);
            instance.free_handle(handle.number)?;
            handle = self.sealing.handle(instance, sealed)?;
        }
        let used = Handle { uses: handle.uses.saturating_add(1), ..handle };
        instance.handles.insert(id, used);
        self.sealed.fetch_add(1, Ordering::Relaxed);
        Ok(used.number)
    }
}

impl Seat {
    fn new(pool: &Arc<Pool>, options: &Request) -> Self {
        Seat { made: Made::new(pool), options: options.frame() }
    }

    /// The handle in an instance, which makes the sender when it first meets it, as one that has
    /// sealed so many messages before.
    fn handle(&self, instance: &mut Instance, sealed: u64) -> Result<Handle, Error> {
        if !instance.handles.contains_key(&self.made.id()) {
            self.make(instance, sealed)?;
        }
        instance.handles.get(&self.made.id()).copied().ok_or_else(unreadable)
    }

    /// Makes the sender in an instance, and gives the longest body that it takes.
    fn make(&self, instance: &mut Instance, sealed: u64) -> Result<usize, Error> {
        let count = Request::default().number("sealed_before", sealed).frame();
        let options = Frame::new([self.options.as_slice(), &count].concat());
        let read = |answer: Answer<'_>| Ok((answer.number("handle")?, answer.max_body_bytes()?));
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

    /// The message whose payload is the body.
    fn message(&self) -> Message<'_> {
        let content_type = self.headers.iter().find(|(name, _)| name == "content-type");
        Message {
            id: &self.id,
            content_type: content_type.map(|(_, value)| value.as_str()),
            payload: &self.body,
        }
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

fn headers(answer: &Answer<'_>) -> HeaderList {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    answer.headers().iter().map(owned).collect()
}
