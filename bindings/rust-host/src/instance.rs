//! One instance of the module: writes requests to its memory, calls it, and reads its answers.
//!
//! The module is not trusted: every pointer that it gives is looked up in its own memory, and
//! whatever goes wrong breaks the instance, so that it is thrown away.

use std::collections::HashMap;

use postseal::abi::ABI_VERSION;
use postseal::{Code, Error};
use wasmtime::{Memory, Store, Trap, TypedFunc, WasmParams};

use crate::answer::{Answer, unreadable};
use crate::engine::{Compiled, unsupported};
use crate::exports::{self, Exports, OnFrame, OnHandle, OnPayload, Place};
use crate::imports::Surroundings;

/// An instance, and the handles that it has given out.
pub(crate) struct Instance {
    /// Its number among the instances of its host.
    pub(crate) id: u64,
    /// Handles by the id of what they are of.
    pub(crate) handles: HashMap<u64, Handle>,
    /// How many drops its handles are in step with: see the pool.
    pub(crate) drops_seen: u64,
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
        let (handles, drops_seen, broken) = (HashMap::new(), 0, false);
        Ok(Instance { id, handles, drops_seen, store, memory, exports, deadline_ticks, broken })
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

    /// Signs a prepared message, as [`Instance::on_frame`] does.
    pub(crate) fn sign<T>(
        &mut self,
        [sender, prepared]: [u64; 2],
        frame: &[u8],
        read: impl FnOnce(Answer<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let function = self.exports.sender_sign().clone();
        let parameters = |[frame, _]: [Place; 2]| (sender, prepared, frame.0, frame.1);
        self.run(&function, [frame, &[]], parameters, read)
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
        self.store.set_epoch_deadline(self.deadline_ticks);
        let places = self.write(strings)?;
        let called = function.call(&mut self.store, parameters(places));
        let answer = called.map_err(|why| self.broke(failure(&why)))?;
        let outcome = match self.bytes(answer) {
            Some(bytes) => Answer::read(bytes).and_then(read),
            None => Err(unreadable()),
        };
        if outcome.as_ref().is_err_and(|error| error.code() == Code::ModuleFailed) {
            self.broken = true;
            return outcome;
        }
        self.free(places[0].0)?;
        self.free(pointer_and_length(answer).0)?;
        outcome
    }

    /// Writes two strings, one after the other, to one piece of the module's memory.
    fn write(&mut self, strings: [&[u8]; 2]) -> Result<[Place; 2], Error> {
        let too_long = || Error::new(Code::BodyTooLarge, "a request does not fit the module");
        let length = strings[0].len().checked_add(strings[1].len()).ok_or_else(too_long)?;
        let length = u32::try_from(length).map_err(|_| too_long())?;
        if length == 0 {
            return Ok([(0, 0); 2]);
        }
        let allocated = self.exports.alloc().call(&mut self.store, length);
        let start = allocated.map_err(|why| self.broke(failure(&why)))?;
        let mut places = [(start, 0); 2];
        let mut at = start;
        for (place, string) in places.iter_mut().zip(strings) {
            let length = u32::try_from(string.len()).map_err(|_| too_long())?;
            let offset = usize::try_from(at).map_err(|_| too_long())?;
            let written = self.memory.write(&mut self.store, offset, string);
            if start == 0 || written.is_err() {
                return Err(self.broke(failed("the module gives no memory for a request")));
            }
            *place = (at, length);
            at = at.saturating_add(length);
        }
        Ok(places)
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
            Ok(_) => Err(self.broke(failed("the module does not free its memory"))),
            Err(why) => Err(self.broke(failure(&why))),
        }
    }

    fn broke(&mut self, error: Error) -> Error {
        self.broken = true;
        error
    }
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
