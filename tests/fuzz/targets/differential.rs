//! Any scheme, any headers, any body: postseal and the second opinion say the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postseal_fuzz::oracle::agree;
use postseal_fuzz::request::Request;
use postseal_fuzz::seeds;

fuzz_target!(
    init: seeds::write(seeds::requests),
    |bytes: &[u8]| {
        if let Some(request) = Request::read(bytes) {
            let _ = agree(&request);
        }
    }
);
