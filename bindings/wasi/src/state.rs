//! What lives between two calls, and the one way to it.

use alloc::vec::Vec;
use core::cell::RefCell;

use postseal::Error;
use postseal::abi::{Module, refusal};

use crate::buffers::Buffers;

/// The module, and the memory that its host may name.
pub(crate) struct State {
    pub(crate) module: Module,
    pub(crate) buffers: Buffers,
}

struct Global(RefCell<State>);

// SAFETY: the module has one thread: its target has no atomics, and its memory is not shared.
unsafe impl Sync for Global {}

static STATE: Global =
    Global(RefCell::new(State { module: Module::new(), buffers: Buffers::new() }));

/// Runs a call on the state; `busy` where a host calls the module out of one of its imports.
pub(crate) fn with_state<T>(busy: T, run: impl FnOnce(&mut State) -> T) -> T {
    match STATE.0.try_borrow_mut() {
        Ok(mut state) => run(&mut state),
        Err(_) => busy,
    }
}

/// Gives an answer: its address in the upper half, its length in the lower; 0 where a host calls
/// out of an import.
pub(crate) fn answer(make: impl FnOnce(&mut State) -> Result<Vec<u8>, Error>) -> u64 {
    with_state(0, |state| {
        let answer = make(state).unwrap_or_else(refusal);
        let length = u32::try_from(answer.len()).unwrap_or(0);
        u64::from(state.buffers.keep(answer)) << 32 | u64::from(length)
    })
}

/// A host's bytes: pointer and length.
type Place = (u32, u32);

/// Runs an operation on a frame.
pub(crate) fn run(frame: Place, operation: impl FnOnce(&mut Module, &[u8]) -> Vec<u8>) -> u64 {
    answer(|State { module, buffers }| Ok(operation(module, buffers.read(frame)?)))
}

/// Runs an operation on a frame, and a body or payload.
pub(crate) fn run_on(
    frame: Place,
    body: Place,
    operation: impl FnOnce(&mut Module, &[u8], &[u8]) -> Vec<u8>,
) -> u64 {
    answer(|State { module, buffers }| {
        Ok(operation(module, buffers.read(frame)?, buffers.read(body)?))
    })
}
