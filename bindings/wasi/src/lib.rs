//! The WASI module: the core behind numbers, for hosts of any language. `docs/abi.md` is what a
//! host is written from.
//!
//! This crate hands memory over and decides nothing: every operation is one of `postseal::abi`.
//! All `unsafe` code that is shipped stands here, in three places: the imports, the one static,
//! and the names of the exports.
#![cfg(target_family = "wasm")]
#![no_std]

extern crate alloc;

mod buffers;
mod imports;
mod state;

use core::panic::PanicInfo;

use postseal::abi::ABI_VERSION;

use crate::imports::Wasi;
use crate::state::{answer, run, run_on, with_state};

// What is freed is wiped, whoever held it: a text in a frame, a decoded secret, an opened payload.
#[cfg(not(postseal_unwiped))]
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<dlmalloc::GlobalDlmalloc> =
    zeroizing_alloc::ZeroAlloc(dlmalloc::GlobalDlmalloc);

// The build that the test of wiping must find out.
#[cfg(postseal_unwiped)]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A panic traps, and says nothing: its message could hold what must not be shown.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Exports functions under their own names.
///
/// SAFETY (of the attribute): every name begins with `postseal_`, but for the `_initialize` of
/// WASI's reactors, and no other crate of the module exports anything.
macro_rules! exports {
    ($($(#[$doc:meta])*
    fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? $body:block)*) => {
        $($(#[$doc])* #[unsafe(no_mangle)]
        pub extern "C" fn $name($($argument: $type),*) $(-> $result)? $body)*
    };
}

exports! {
    /// A reactor's start.
    fn _initialize() {
        imports::construct();
    }

    /// The version of the frames and exports.
    fn postseal_abi_version() -> u32 {
        ABI_VERSION
    }

    /// Memory for a frame or a body; 0 where there is none left.
    fn postseal_alloc(length: u32) -> u32 {
        with_state(0, |state| state.buffers.allocate(length))
    }

    /// Wipes and frees what `postseal_alloc` or an answer gave; 1 if that was freed, 0 if there is
    /// no such memory.
    fn postseal_free(pointer: u32) -> u32 {
        with_state(0, |state| u32::from(state.buffers.free(pointer)))
    }

    /// Drops what a handle stands for.
    fn postseal_handle_free(handle: u64) -> u64 {
        answer(|state| Ok(state.module.free(handle)))
    }

    /// What the module is.
    fn postseal_describe() -> u64 {
        answer(|state| Ok(state.module.describe()))
    }

    /// Makes a receiver.
    fn postseal_receiver_new(frame: u32, frame_length: u32) -> u64 {
        run((frame, frame_length), |module, frame| module.receiver_new(&mut Wasi, frame))
    }

    /// Verifies and opens a request.
    fn postseal_receiver_open(
        handle: u64,
        frame: u32,
        frame_length: u32,
        body: u32,
        body_length: u32
    ) -> u64 {
        run_on((frame, frame_length), (body, body_length), |module, frame, body| {
            module.receiver_open(&mut Wasi, handle, frame, body)
        })
    }

    /// Makes a sender.
    fn postseal_sender_new(frame: u32, frame_length: u32) -> u64 {
        run((frame, frame_length), |module, frame| module.sender_new(&mut Wasi, frame))
    }

    /// Encrypts and signs a message.
    fn postseal_sender_seal(
        handle: u64,
        frame: u32,
        frame_length: u32,
        payload: u32,
        payload_length: u32
    ) -> u64 {
        run_on((frame, frame_length), (payload, payload_length), |module, frame, payload| {
            module.sender_seal(&mut Wasi, handle, frame, payload)
        })
    }

    /// Encrypts a message, once for all attempts.
    fn postseal_sender_prepare(
        handle: u64,
        frame: u32,
        frame_length: u32,
        payload: u32,
        payload_length: u32
    ) -> u64 {
        run_on((frame, frame_length), (payload, payload_length), |module, frame, payload| {
            module.sender_prepare(&mut Wasi, handle, frame, payload)
        })
    }

    /// Signs a prepared message for one attempt.
    fn postseal_sender_sign(
        handle: u64,
        prepared: u64,
        frame: u32,
        frame_length: u32
    ) -> u64 {
        run((frame, frame_length), |module, frame| {
            module.sender_sign(&mut Wasi, handle, prepared, frame)
        })
    }

    /// Makes new keys.
    fn postseal_generate(frame: u32, frame_length: u32) -> u64 {
        run((frame, frame_length), |module, frame| module.generate(&mut Wasi, frame))
    }

    /// The id that an encryption key has by default.
    fn postseal_key_id(frame: u32, frame_length: u32) -> u64 {
        run((frame, frame_length), |module, frame| module.key_id(frame))
    }

    /// The swap that claims a delivery.
    fn postseal_claim_begin(
        frame: u32,
        frame_length: u32,
        payload: u32,
        payload_length: u32
    ) -> u64 {
        run_on((frame, frame_length), (payload, payload_length), |module, frame, payload| {
            module.claim_begin(&mut Wasi, frame, payload)
        })
    }

    /// What follows a claim's swap that was not made.
    fn postseal_claim_decide(frame: u32, frame_length: u32) -> u64 {
        run((frame, frame_length), |module, frame| module.claim_decide(&mut Wasi, frame))
    }

    /// The swap of a holder.
    fn postseal_claim_change(frame: u32, frame_length: u32) -> u64 {
        run((frame, frame_length), |module, frame| module.claim_change(&mut Wasi, frame))
    }

    /// What follows a holder's swap that was not made.
    fn postseal_claim_settle(frame: u32, frame_length: u32) -> u64 {
        run((frame, frame_length), |module, frame| module.claim_settle(frame))
    }

    /// What follows an attempt to send.
    fn postseal_next_attempt(frame: u32, frame_length: u32) -> u64 {
        run((frame, frame_length), |module, frame| module.next_attempt(&mut Wasi, frame))
    }

    /// Whether a request may pass a rate limit.
    fn postseal_rate_limit(frame: u32, frame_length: u32) -> u64 {
        run((frame, frame_length), |module, frame| module.rate_limit(frame))
    }
}
