//! The receiver: opens requests in any instance of its host.

use core::fmt;
use std::sync::Arc;

use postseal::{Error, KeyOptions, ReceiverOptions, Scheme, UnixTime};

use crate::answer::Answer;
use crate::delivery::{Delivery, Facts};
use crate::exports::Exports;
use crate::frame::Frame;
use crate::instance::{Handle, Instance};
use crate::pool::{Made, Pool};
use crate::request;

/// Verifies and opens the messages of one sender. Made once, used for every request, from any
/// number of threads.
///
/// It outlives the instance in which it was made: another makes it anew from its options, which are
/// kept in memory until the drop, and wiped then.
pub struct Receiver {
    made: Made,
    options: Frame,
    scheme: &'static Scheme,
    max_body_bytes: usize,
}

impl Receiver {
    pub(crate) fn new(pool: &Arc<Pool>, options: &ReceiverOptions) -> Result<Self, Error> {
        let mut receiver = Receiver {
            made: Made::new(pool),
            options: request::receiver(options).frame(),
            scheme: options.scheme,
            max_body_bytes: 0,
        };
        receiver.max_body_bytes = pool.borrow()?.run(|instance| receiver.make(instance))?;
        Ok(receiver)
    }

    /// Verifies a request and opens its payload, as [`postseal::Receiver::open`] does.
    ///
    /// # Errors
    /// Those of [`postseal::Receiver::open`]; `malformed_frame` for headers of more than 1 MiB;
    /// `module_failed` for a trap, a deadline or the limit of memory.
    pub fn open<'a, N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: &'a [(N, V)],
        body: &'a [u8],
        now: UnixTime,
    ) -> Result<Delivery<'a>, Error> {
        self.run(headers, body, now, None)
    }

    /// Like [`Receiver::open`], with the keys of this one call, such as a tenant's, as
    /// [`postseal::Receiver::open_with`] does.
    ///
    /// # Errors
    /// First those of [`postseal::Receiver::new`] for the keys, then those of [`Receiver::open`].
    pub fn open_with<'a, N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: &'a [(N, V)],
        body: &'a [u8],
        now: UnixTime,
        keys: &KeyOptions,
    ) -> Result<Delivery<'a>, Error> {
        self.run(headers, body, now, Some(keys))
    }

    /// The longest body that is taken, in bytes: a host need not read further.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.max_body_bytes
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    fn run<'a, N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: &'a [(N, V)],
        body: &'a [u8],
        now: UnixTime,
        keys: Option<&KeyOptions>,
    ) -> Result<Delivery<'a>, Error> {
        let frame = request::open(headers, now, keys);
        let crossing = up_to(body, self.max_body_bytes);
        let facts = self.made.pool().borrow()?.run(|instance| {
            let handle = self.handle(instance)?;
            let strings = [frame.as_slice(), crossing];
            instance.on_handle(Exports::receiver_open, handle, strings, Facts::read)
        })?;
        Ok(Delivery::new(self.scheme, facts, headers, body))
    }

    /// The handle in an instance, which makes the receiver when it first meets it.
    fn handle(&self, instance: &mut Instance) -> Result<u64, Error> {
        match instance.handles.get(&self.made.id()) {
            Some(handle) => Ok(handle.number),
            None => {
                self.make(instance)?;
                let made = instance.handles.get(&self.made.id());
                Ok(made.map_or(0, |handle| handle.number))
            }
        }
    }

    /// Makes the receiver in an instance, and gives the longest body that it takes.
    fn make(&self, instance: &mut Instance) -> Result<usize, Error> {
        let read = |answer: Answer<'_>| Ok((answer.number("handle")?, answer.max_body_bytes()?));
        let (number, max_body_bytes) =
            instance.on_frame(Exports::receiver_new, &self.options, read)?;
        instance.handles.insert(self.made.id(), Handle { number, uses: 0 });
        Ok(max_body_bytes)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("scheme", &self.scheme.name()).finish_non_exhaustive()
    }
}

/// What of a body crosses into the module: of one over the limit, enough to be refused there, in
/// its place in the order of checks.
pub(crate) fn up_to(body: &[u8], max_body_bytes: usize) -> &[u8] {
    body.get(..max_body_bytes.saturating_add(1)).unwrap_or(body)
}
