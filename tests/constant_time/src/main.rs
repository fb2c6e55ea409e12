//! Runs the core's MAC and its one comparison with secrets marked as undefined: under valgrind's
//! memcheck, a branch or an address that depends on one is an error.
//!
//! `mac` must have no error. `control` compares a MAC byte by byte and stops at the first that
//! differs: it must be found, else this test finds nothing at all.
//!
//! It covers the source of `src/primitives/mac.rs`, compiled for this processor, with SHA-256 in
//! software, since valgrind has no SHA instructions. It does not cover instructions whose time
//! varies, other compilers and targets, WebAssembly engines, AES, Ed25519 or base64.

#[path = "../../../src/primitives/mac.rs"]
#[allow(dead_code, reason = "the core uses the rest")]
mod mac;
mod memcheck;

use std::hint::black_box;
use std::process::ExitCode;

use mac::{MAC_BYTES, MacKey, MacTag};

/// A body with whole blocks and a rest.
const MESSAGE: &[u8] = &[0x5a; 1000];

fn main() -> ExitCode {
    let run = match std::env::args().nth(1).as_deref() {
        Some("mac") => compare_in_constant_time,
        Some("control") => compare_until_they_differ,
        _ => {
            eprintln!("usage: valgrind --error-exitcode=9 postseal-constant-time mac|control");
            return ExitCode::from(2);
        }
    };
    if !memcheck::is_running() {
        eprintln!("this program says nothing unless valgrind runs it");
        return ExitCode::from(2);
    }
    // Keys shorter than a block, as long as one, and longer: HMAC hashes the last first.
    for length in [24, 64, 75, 255] {
        run(secret_tag(length), &received(length, true), true);
        run(secret_tag(length), &received(length, false), false);
    }
    println!("ran");
    ExitCode::SUCCESS
}

/// The MAC of the message under a key that memcheck takes for unknown.
fn secret_tag(key_length: usize) -> MacTag {
    let mut key = vec![0x6b; key_length];
    memcheck::make_undefined(&mut key);
    let key = MacKey::new(&key).expect("HMAC takes any key");
    let mut running = key.start();
    running.update(b"evt_1.1700000000.");
    running.update(MESSAGE);
    running.finish()
}

/// What comes from the wire, and is known: the MAC itself, or one that differs in its last byte.
fn received(key_length: usize, equal: bool) -> [u8; MAC_BYTES] {
    let mut bytes = secret_tag(key_length).into_bytes();
    memcheck::make_defined(&mut bytes);
    bytes[MAC_BYTES - 1] ^= u8::from(!equal);
    bytes
}

/// The comparison of the core. Its outcome is public, so it alone is made known.
fn compare_in_constant_time(tag: MacTag, received: &[u8; MAC_BYTES], equal: bool) {
    let mut outcome = [tag.matches(received).unwrap_u8()];
    memcheck::make_defined(&mut outcome);
    assert_eq!(outcome == [1], equal, "the comparison must still be right");
}

/// What must be found.
fn compare_until_they_differ(tag: MacTag, received: &[u8; MAC_BYTES], _: bool) {
    for (ours, theirs) in tag.into_bytes().iter().zip(received) {
        if black_box(ours) != black_box(theirs) {
            return;
        }
    }
}
