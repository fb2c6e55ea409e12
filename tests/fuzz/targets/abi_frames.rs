//! The frames of the WASI module: what opens natively opens through them, and no script of calls
//! breaks the module.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postseal::abi::Module;
use postseal_fuzz::frames::{self, Call, END, FixedHost};
use postseal_fuzz::open::open;
use postseal_fuzz::request::Request;
use postseal_fuzz::seeds;

fuzz_target!(
    init: seeds::write(seeds::frames),
    |bytes: &[u8]| {
        match bytes.split_first() {
            Some((0, rest)) => check_same(rest),
            Some((_, rest)) => run(rest),
            None => {}
        }
    }
);

/// One request, natively and through frames.
fn check_same(bytes: &[u8]) {
    if let Some(request) = Request::read(bytes) {
        assert_eq!(frames::open(&request), open(&request), "through frames, then natively");
    }
}

/// Calls after each other, of one module. Every answer is a frame of a code, or of facts.
fn run(script: &[u8]) {
    let (mut module, mut host) = (Module::new(), FixedHost::default());
    let mut handles = Vec::new();
    for call in script.split(|byte| *byte == END).filter_map(Call::read) {
        if let Ok(facts) = frames::read(&call.make(&mut module, &mut host, &handles)) {
            let given = facts.iter().any(|(name, _)| name == "handle");
            handles.extend(given.then(|| frames::handle(&facts)));
        }
    }
    let mut sorted = handles.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), handles.len(), "a handle was given out twice");
}
