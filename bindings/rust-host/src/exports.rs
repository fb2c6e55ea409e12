//! The functions that a module must export, by their types.
//!
//! SPEC: `docs/abi.md`.

use wasmtime::{Instance, Memory, Store, TypedFunc, WasmParams, WasmResults};

use crate::imports::Surroundings;

/// A place in the module's memory: a pointer, and a length in bytes.
pub(crate) type Place = (u32, u32);

/// An operation on a frame.
pub(crate) type OnFrame = TypedFunc<(u32, u32), u64>;
/// An operation on a frame and a payload.
pub(crate) type OnPayload = TypedFunc<(u32, u32, u32, u32), u64>;
/// An operation of what a handle stands for, on a frame and a body.
pub(crate) type OnHandle = TypedFunc<(u64, u32, u32, u32, u32), u64>;

macro_rules! exports {
    ($($name:ident: $type:ty = $export:literal,)*) => {
        /// The functions of one instance.
        pub(crate) struct Exports {
            $($name: $type,)*
        }

        impl Exports {
            $(pub(crate) fn $name(&self) -> &$type {
                &self.$name
            })*

            /// Finds them all.
            ///
            /// # Errors
            /// Where one is missing, or has another type.
            pub(crate) fn of(
                store: &mut Store<Surroundings>,
                instance: &Instance,
            ) -> wasmtime::Result<Self> {
                Ok(Exports { $($name: typed(store, instance, $export)?,)* })
            }
        }
    };
}

exports! {
    abi_version: TypedFunc<(), u32> = "postseal_abi_version",
    alloc: TypedFunc<u32, u32> = "postseal_alloc",
    free: TypedFunc<u32, u32> = "postseal_free",
    handle_free: TypedFunc<u64, u64> = "postseal_handle_free",
    receiver_new: OnFrame = "postseal_receiver_new",
    receiver_open: OnHandle = "postseal_receiver_open",
    sender_new: OnFrame = "postseal_sender_new",
    sender_seal: OnHandle = "postseal_sender_seal",
    generate: OnFrame = "postseal_generate",
    key_id: OnFrame = "postseal_key_id",
    claim_begin: OnPayload = "postseal_claim_begin",
    claim_decide: OnFrame = "postseal_claim_decide",
    claim_change: OnFrame = "postseal_claim_change",
    claim_settle: OnFrame = "postseal_claim_settle",
    next_attempt: OnFrame = "postseal_next_attempt",
    rate_limit: OnFrame = "postseal_rate_limit",
}

/// The module's memory.
pub(crate) fn memory(store: &mut Store<Surroundings>, instance: &Instance) -> Option<Memory> {
    instance.get_memory(store, "memory")
}

/// Runs a reactor's start, which a module need not have.
///
/// # Errors
/// A trap of the start.
pub(crate) fn initialize(
    store: &mut Store<Surroundings>,
    instance: &Instance,
) -> wasmtime::Result<()> {
    match instance.get_typed_func::<(), ()>(&mut *store, "_initialize") {
        Ok(initialize) => initialize.call(store, ()),
        Err(_) => Ok(()),
    }
}

fn typed<P: WasmParams, R: WasmResults>(
    store: &mut Store<Surroundings>,
    instance: &Instance,
    name: &str,
) -> wasmtime::Result<TypedFunc<P, R>> {
    instance.get_typed_func(store, name)
}
