//! What is left in the module's memory: no plaintext of a failed decryption, no key after a free.
//!
//! Two instances do the same with different keys. While a receiver lives, its forms of a key are
//! found; after it is freed, none is, and the two memories do not differ in a single byte above the
//! shadow stack: so no other form of a key is left either. A module that is built without wiping
//! must fail both.
//!
//! The raw secret, its padded blocks and the raw AES key are found in neither module: they pass
//! through the stack, where later calls write over them. The search is made for them all the same.

use crate::forms::{Form, longest_difference, of_encryption_key, of_secret};
use crate::loaded::{ENCRYPTION_KEY, SECRET, sealed};
use crate::memory::{above_stack, contains, windows_found};
use crate::raw::{Compiled, Raw, frame, one_key};

const OTHER_SECRET: &str = "whsec_R7pN0mYwqZkYxk1ISTNcJ3W8cQ2eVxJtq0n9gq0bM5s=";
const OTHER_ENCRYPTION_KEY: &str = "whenc_9nqk3m1c7QKZ0C1o4p5rXbV2u8yWTdEjHsLfGaPiRkU=";
/// Bytes of the schedule of AES-256: 15 round keys.
const SCHEDULE_BYTES: usize = 15 * 16;

/// What a module's memory holds, while it works and afterwards.
struct Found {
    /// Forms of a key that are there while a receiver and a sender live.
    alive: Vec<&'static str>,
    /// Forms that are there after all was freed.
    left: Vec<&'static str>,
    /// Bytes in which the memories of two keys differ after all was freed.
    differing: usize,
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn no_form_of_a_key_is_left_after_a_free() {
    let found = look("POSTSEAL_WASM");
    assert_eq!(found.left, [""; 0], "these are left in memory");
    assert_eq!(found.differing, 0, "bytes that depend on the keys are left in memory");
    // That they are found while they are there shows that they would have been found.
    let kept = ["midstate of the inner block", "midstate of the outer block", "AES schedule"];
    for form in kept {
        assert!(found.alive.contains(&form), "{form} is not found while its receiver lives");
    }
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn a_module_that_is_built_without_wiping_is_found_out() {
    let found = look("POSTSEAL_UNWIPED_WASM");
    println!("alive: {:?}\nleft: {:?}\n{} bytes differ", found.alive, found.left, found.differing);
    for form in ["midstate of the inner block", "AES schedule", "secret as base64"] {
        assert!(found.left.contains(&form), "{form} is not found in the unwiped module");
    }
    assert!(found.differing > SCHEDULE_BYTES, "only {} bytes", found.differing);
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn texts_of_keys_are_wiped_with_their_frame() {
    let mut raw = Compiled::new("POSTSEAL_WASM").instantiate();
    let place = raw.write(&options(SECRET, ENCRYPTION_KEY));
    let texts = [SECRET, ENCRYPTION_KEY].map(str::as_bytes);
    assert!(texts.iter().all(|text| contains(raw.memory(), text)));
    assert_eq!(raw.free(place), 1);
    assert!(texts.iter().all(|text| windows_found(raw.memory(), text) == 0));
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn a_failed_decryption_leaves_no_plaintext() {
    let payload: Vec<u8> = (0..4096_u32).flat_map(|n| (n * n + 77).to_be_bytes()).collect();
    let (headers, token) = sealed(Some(ENCRYPTION_KEY), "evt_1", &payload);
    let mut raw = Compiled::new("POSTSEAL_WASM").instantiate();
    let receiver = raw.on_frame("postseal_receiver_new", &crate::support::frames::options());
    let receiver = receiver.handle();
    let changed = with_other_tag(&token);
    let (changed_headers, changed) = sealed(None, "evt_1", &changed);
    let found = |raw: &Raw| windows_found(raw.memory(), &payload);

    let (place, body) = (raw.write(&request(&changed_headers)), raw.write(&changed));
    let places = (receiver, place, size(&request(&changed_headers)), body, size(&changed));
    let refused = raw.call("postseal_receiver_open", places);
    assert_eq!(refused.status, "decryption_failed");
    assert_eq!(found(&raw), 0, "plaintext is left before anything is freed");
    raw.free_all([place, body, refused.pointer]);

    let (place, body) = (raw.write(&request(&headers)), raw.write(&token));
    let places = (receiver, place, size(&request(&headers)), body, size(&token));
    let opened = raw.call("postseal_receiver_open", places);
    assert_eq!(opened.fact("payload"), Some(payload.as_slice()));
    assert!(found(&raw) > 900, "the plaintext of a good message is not found");
    raw.free_all([place, body, opened.pointer]);
    let left = windows_found(above_stack(raw.memory()), &payload);
    assert_eq!(left, 0, "plaintext is left after its answer was freed");
}

/// Works with two keys, each in an instance of its own, and looks for what is left.
fn look(variable: &str) -> Found {
    let compiled = Compiled::new(variable);
    let [mut one, mut other] = [compiled.instantiate(), compiled.instantiate()];
    // Static data lies where the search begins, and the whole heap above it.
    assert!(contains(above_stack(one.memory()), b"postseal/kid/v1"));
    let handles = work(&mut one, SECRET, ENCRYPTION_KEY);
    let other_handles = work(&mut other, OTHER_SECRET, OTHER_ENCRYPTION_KEY);
    let (memory, other_memory) = (above_stack(one.memory()), above_stack(other.memory()));
    let schedule = longest_difference(memory, other_memory);
    assert!(schedule.1.len() >= SCHEDULE_BYTES, "{} bytes", schedule.1.len());
    let mut forms = [of_secret(SECRET), of_encryption_key(ENCRYPTION_KEY)].concat();
    forms.push(schedule);
    let alive = names(&forms, memory);
    free(&mut one, handles);
    free(&mut other, other_handles);
    let (memory, other_memory) = (above_stack(one.memory()), above_stack(other.memory()));
    let differing = memory.iter().zip(other_memory).filter(|(one, other)| one != other).count();
    Found { alive, left: names(&forms, memory), differing }
}

/// Makes a receiver and a sender, opens and seals with them, and with the keys of one call.
fn work(raw: &mut Raw, secret: &str, key: &str) -> [u64; 3] {
    let options = options(secret, key);
    let receiver = raw.on_frame("postseal_receiver_new", &options).handle();
    let sender = raw.on_frame("postseal_sender_new", &options).handle();
    let message = frame(&[b"id", b"evt_1", b"now", b"1700000000"]);
    let prepared = raw.on_handle("postseal_sender_prepare", sender, &message, b"{}").handle();
    let sealed = raw.on_handle("postseal_sender_seal", sender, &message, b"{}");
    assert_eq!(sealed.status, "ok");
    let body = sealed.fact("body").expect("a body").to_vec();
    let ends = sealed.strings.iter().position(Vec::is_empty).expect("headers");
    let headers: Vec<&[u8]> = sealed.strings[ends..].iter().map(Vec::as_slice).collect();
    let plain = [&[b"now".as_slice(), b"1700000000"], headers.as_slice()].concat();
    let opened = raw.on_handle("postseal_receiver_open", receiver, &frame(&plain), &body);
    assert_eq!(opened.status, "ok");
    let (secrets, keys) = (one_key(secret, "tenant"), one_key(key, "key"));
    let tenant: [&[u8]; 4] = [b"secrets", &secrets, b"encryption_keys", &keys];
    let with_keys = [tenant.as_slice(), plain.as_slice()].concat();
    let opened = raw.on_handle("postseal_receiver_open", receiver, &frame(&with_keys), &body);
    assert_eq!(opened.status, "ok");
    assert_eq!(
        raw.on_frame("postseal_key_id", &frame(&[b"encryption_key", key.as_bytes()])).status,
        "ok"
    );
    [receiver, sender, prepared]
}

fn free(raw: &mut Raw, handles: [u64; 3]) {
    for handle in handles {
        let freed = raw.call("postseal_handle_free", handle);
        assert_eq!((freed.status.as_str(), raw.free(freed.pointer)), ("ok", 1));
    }
}

fn names(forms: &[Form], memory: &[u8]) -> Vec<&'static str> {
    let found = forms.iter().filter(|(_, form)| windows_found(memory, form) > 0);
    found.map(|(name, _)| *name).collect()
}

/// Options with keys that have ids, so that the default one, which is public, is no difference.
fn options(secret: &str, key: &str) -> Vec<u8> {
    let (secrets, keys) = (one_key(secret, "secret"), one_key(key, "key"));
    frame(&[b"secrets", &secrets, b"encryption_keys", &keys])
}

fn request(headers: &[(String, String)]) -> Vec<u8> {
    let pairs = headers.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    let strings: Vec<&[u8]> =
        [b"now".as_slice(), b"1700000000", b""].into_iter().chain(pairs).collect();
    frame(&strings)
}

/// The token with another first byte of its tag.
fn with_other_tag(token: &[u8]) -> Vec<u8> {
    let mut changed = token.to_vec();
    let tag = changed.iter().rposition(|byte| *byte == b'.').expect("a token") + 1;
    changed[tag] = if changed[tag] == b'A' { b'B' } else { b'A' };
    changed
}

fn size(bytes: &[u8]) -> u32 {
    crate::raw::length(bytes)
}
