//! The core as WebAssembly: wasm-bindgen exports that marshal for the TypeScript beside them, and
//! decide nothing.
//!
//! Texts cross as single strings with NUL between their fields: one crossing a call, and no field
//! can hold a NUL, except the last one. An error crosses as a thrown string, `code NUL message`:
//! whatever else is thrown out of a call is a trap, after which the instance must not be used
//! again.
#![cfg(target_family = "wasm")]

mod claim;
mod fields;
mod host;
mod receiver;
mod retry;
mod sender;

use host::Refusal;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

// What is freed is wiped, whoever held it: a text from JavaScript, a decoded secret, a payload.
#[cfg(not(postseal_unwiped))]
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// A new signing secret, `whsec_…`.
#[wasm_bindgen(js_name = generateSecret)]
pub fn generate_secret() -> Result<String, Refusal> {
    let mut secret = postseal::generate_secret(&mut host::entropy)?;
    Ok(core::mem::take(&mut *secret))
}

/// A new encryption key, `whenc_…`.
#[wasm_bindgen(js_name = generateEncryptionKey)]
pub fn generate_encryption_key() -> Result<String, Refusal> {
    let mut key = postseal::generate_encryption_key(&mut host::entropy)?;
    Ok(core::mem::take(&mut *key))
}

/// The replay key of a delivery without an id, from the body that it came with.
#[wasm_bindgen(js_name = payloadHash)]
pub fn payload_hash(body: &[u8]) -> String {
    postseal::payload_hash(body)
}

/// The header names of every scheme, in lower case: what `missing_header` looks for to name a
/// provider.
#[wasm_bindgen(js_name = allHeaderNames)]
pub fn all_header_names() -> Result<JsValue, serde_wasm_bindgen::Error> {
    serde_wasm_bindgen::to_value(&postseal::Scheme::all_header_names())
}
