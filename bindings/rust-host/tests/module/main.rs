//! The real module through wasmtime: `cargo xtask test wasmtime` builds it, and runs these tests.
//!
//! They are ignored otherwise, since a fresh clone has no module: `POSTSEAL_WASM` names it, and
//! `POSTSEAL_UNWIPED_WASM` the one that is built without wiping, to show that it is missed.

mod api;
mod forms;
mod frames;
mod loaded;
mod memory;
mod prepared;
mod raw;
mod soak;
mod vectors;
mod wiping;

#[path = "../../../../tests/support/mod.rs"]
mod support;
