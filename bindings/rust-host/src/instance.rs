//! One instance of the module: writes requests to its memory, calls it, and reads its answers.
//!
//! The module is not trusted: every pointer that it gives is looked up in its own memory, and
//! whatever goes wrong breaks the instance, so that it is thrown away.

use std::collections::HashMap;

use postseal::abi::ABI_VERSION;
use postseal::limits::FRAME_BYTES_MAX;
use postseal::{Code, Error};
use wasmtime::{Memory, Store, Trap, TypedFunc, WasmParams};

use crate::answer::{Answer, unreadable};
use crate::engine::{Compiled, unsupported};
use crate::exports::{self, Exports, OnFrame, OnHandle, OnPayload, Place};
use crate::imports::Surroundings;

/// An instance without memory for so short a request has none left for any, and is thrown away; one
/// without memory for a longer request is still whole, and stays.
const SHORT_REQUEST_BYTES: u32 = 1 << 16;

/// An instance, and the handles that it has given out.
pub(crate) struct Instance {
    /// Its number among the instances of its host.
    pub(crate) id: u64,
    /// Handles by the id of what they are of.
    pub(crate) handles: HashMap<u64, Handle>,
    store: Store<Surroundings>,
    memory: Memory,
    exports: Exports,
    deadline_ticks: u64,
    broken: bool,
}

/// A handle, and how often it was used.
#[derive(Clone, Copy)]
pub(crate) struct Handle {
    pub(crate) number: u64,
    pub(crate) uses: u32,
}

impl Instance {
    /// Makes an instance.
    ///
    /// # Errors
    /// `unsupported_runtime` for a module without the interface; `module_failed` for one that traps
    /// at its start.
    pub(crate) fn new(compiled: &Compiled, id: u64) -> Result<Self, Error> {
        let (mut store, instance) = compiled.instantiate().map_err(|why| failure(&why))?;
        exports::initialize(&mut store, &instance).map_err(|why| failure(&why))?;
        let lacks = || unsupported("the module has not the exports of docs/abi.md");
        let memory = exports::memory(&mut store, &instance).ok_or_else(lacks)?;
        let exports = Exports::of(&mut store, &instance).map_err(|_| lacks())?;
        let version = exports.abi_version().call(&mut store, ()).map_err(|why| failure(&why))?;
        if version != ABI_VERSION {
            return Err(unsupported("the module has another version of the interface"));
        }
        let deadline_ticks = compiled.deadline_ticks();
        let (handles, broken) = (HashMap::new(), false);
        Ok(Instance { id, handles, store, memory, exports, deadline_ticks, broken })
    }

    /// Whether the instance must be thrown away.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Calls an operation on a frame, and reads its answer.
    ///
    /// # Errors
    /// The answer's; `module_failed` for a trap, a deadline, and what is no answer.
    pub(crate) fn on_frame<T>(
        &mut self,
        operation: impl Fn(&Exports) -> &OnFrame,
        frame: &[u8],
        read: impl FnOnce(Answer<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let function = operation(&self.exports).clone();
        self.run(&function, [frame, &[]], |[(frame, length), _]| (frame, length), read)
    }

    /// Calls an operation on a frame and a payload, as [`Instance::on_frame`] does.
    pub(crate) fn on_payload<T>(
        &mut self,
        operation: impl Fn(&Exports) -> &OnPayload,
        [frame, payload]: [&[u8]; 2],
        read: impl FnOnce(Answer<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let function = operation(&self.exports).clone();
        let parameters = |[frame, payload]: [Place; 2]| (frame.0, frame.1, payload.0, payload.1);
        self.run(&function, [frame, payload], parameters, read)
    }

    /// Calls an operation of a handle on a frame and a body, as [`Instance::on_frame`] does.
    pub(crate) fn on_handle<T>(
        &mut self,
        operation: impl Fn(&Exports) -> &OnHandle,
        handle: u64,
        [frame, body]: [&[u8]; 2],
        read: impl FnOnce(Answer<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let function = operation(&self.exports).clone();
        let parameters = |[frame, body]: [Place; 2]| (handle, frame.0, frame.1, body.0, body.1);
        self.run(&function, [frame, body], parameters, read)
    }

    /// Frees what a handle stands for: its keys are wiped.
    pub(crate) fn free_handle(&mut self, handle: u64) -> Result<(), Error> {
        let function = self.exports.handle_free().clone();
        self.run(&function, [&[], &[]], |_| handle, |_| Ok(()))
    }

    /// One call with its strings written before, and its answer read and freed after.
    ///
    /// What was written is freed, and so wiped, whatever the answer says.
    fn run<P: WasmParams, T>(
        &mut self,
        function: &TypedFunc<P, u64>,
        strings: [&[u8]; 2],
        parameters: impl FnOnce([Place; 2]) -> P,
        read: impl FnOnce(Answer<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.broken {
            return Err(unreadable());
        }
        let lengths = lengths(strings)?;
        // Whole again at the end alone: a trap and a lie leave it broken, and a panic of the
        // application's clock or source of randomness does.
        self.broken = true;
        self.store.set_epoch_deadline(self.deadline_ticks);
        let Some(places) = self.write(strings, lengths)? else {
            self.broken = lengths[0].saturating_add(lengths[1]) <= SHORT_REQUEST_BYTES;
            return Err(failed("the module has no memory for a request"));
        };
        let called = function.call(&mut self.store, parameters(places));
        let answer = called.map_err(|why| failure(&why))?;
        let bytes = self.bytes(answer).ok_or_else(unreadable)?;
        let outcome = Answer::read(bytes).and_then(read);
        if outcome.as_ref().is_err_and(|error| error.code() == Code::ModuleFailed) {
            return outcome;
        }
        self.free(places[0].0)?;
        self.free(pointer_and_length(answer).0)?;
        self.broken = false;
        outcome
    }

    /// Writes two strings, one after the other, to one piece of the module's memory; `None` where
    /// the module gives none.
    fn write(
        &mut self,
        strings: [&[u8]; 2],
        lengths: [u32; 2],
    ) -> Result<Option<[Place; 2]>, Error> {
        let length = lengths[0].saturating_add(lengths[1]);
        if length == 0 {
            return Ok(Some([(0, 0); 2]));
        }
        let allocated = self.exports.alloc().call(&mut self.store, length);
        let start = allocated.map_err(|why| failure(&why))?;
        if start == 0 {
            return Ok(None);
        }
        let starts = [start, start.saturating_add(lengths[0])];
        for (start, string) in starts.into_iter().zip(strings) {
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let written = self.memory.write(&mut self.store, start, string);
            written.map_err(|_| failed("the module gives memory that it does not have"))?;
        }
        Ok(Some([(starts[0], lengths[0]), (starts[1], lengths[1])]))
    }

    fn bytes(&self, answer: u64) -> Option<&[u8]> {
        let (pointer, length) = pointer_and_length(answer);
        let (start, length) = (usize::try_from(pointer).ok()?, usize::try_from(length).ok()?);
        self.memory.data(&self.store).get(start..start.checked_add(length)?)
    }

    fn free(&mut self, pointer: u32) -> Result<(), Error> {
        if pointer == 0 {
            return Ok(());
        }
        match self.exports.free().call(&mut self.store, pointer) {
            Ok(1) => Ok(()),
            Ok(_) => Err(failed("the module does not free its memory")),
            Err(why) => Err(failure(&why)),
        }
    }
}

/// The lengths of a frame and of the body behind it, as the module takes them.
///
/// # Errors
/// `malformed_frame` for a frame that the module would refuse; `body_too_large` for a body that no
/// module has memory for.
fn lengths([frame, body]: [&[u8]; 2]) -> Result<[u32; 2], Error> {
    if frame.len() > FRAME_BYTES_MAX {
        return Err(Error::new(Code::MalformedFrame, "a request's frame is longer than 1 MiB"));
    }
    let too_long = || Error::new(Code::BodyTooLarge, "a request does not fit the module");
    let length = |bytes: usize| u32::try_from(bytes).map_err(|_| too_long());
    length(frame.len().saturating_add(body.len()))?;
    Ok([length(frame.len())?, length(body.len())?])
}

fn pointer_and_length(answer: u64) -> Place {
    let [high, low] = [answer >> 32, answer & u64::from(u32::MAX)];
    (u32::try_from(high).unwrap_or(0), u32::try_from(low).unwrap_or(u32::MAX))
}

/// What a trap is told as. Its text stays inside: it could name what the module worked on.
fn failure(why: &wasmtime::Error) -> Error {
    failed(match why.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => "the module ran past its deadline",
        Some(_) => "the module trapped",
        None => "the module failed, or wanted more memory than it may have",
    })
}

fn failed(why: &'static str) -> Error {
    Error::new(Code::ModuleFailed, why)
}
