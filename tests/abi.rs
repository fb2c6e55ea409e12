//! The WASI module's frames, natively: what is cut off or changed gets a typed code, and no panic.

mod support;

use postseal::abi::{Host, Module};
use postseal::{Code, Error, UnixTime};
use support::frames::{self, frame, options, strings, survive};

#[test]
fn every_truncation_and_every_other_byte_has_a_typed_answer() {
    let answers = survive(&mut Native::new(), u8::MAX);
    assert!(answers > 390_000, "only {answers} answers");
}

#[test]
fn a_frame_over_its_limit_is_malformed() {
    let mut native = Native::new();
    let long = vec![b'a'; postseal::limits::FRAME_BYTES_MAX - 8 - "webhook-id".len()];
    let headers = |value: &[u8]| frame(&[b"", b"webhook-id", value]);
    let status = |answer: Vec<u8>| {
        String::from_utf8_lossy(strings(&answer).expect("a frame")[0]).into_owned()
    };
    let mut longer = long.clone();
    longer.push(b'a');
    // The empty name before takes four bytes of the limit.
    assert_eq!(
        status(native.call("postseal_receiver_open", &headers(&long[4..]))),
        "missing_header"
    );
    assert_eq!(
        status(native.call("postseal_receiver_open", &headers(&longer[4..]))),
        "malformed_frame"
    );
}

#[test]
fn stale_foreign_and_forged_handles_are_told() {
    let mut native = Native::new();
    let (module, host) = (&mut native.module, &mut native.host);
    let stale = |answer: Vec<u8>| {
        assert!(answer.starts_with(&frame(&[Code::StaleHandle.as_str().as_bytes()])));
    };
    for forged in [0, 1, u64::MAX, native.sender, native.prepared, native.receiver ^ 1 << 32] {
        stale(module.receiver_open(host, forged, &frame(&[]), b""));
    }
    for forged in [0, u64::MAX, native.receiver, native.prepared] {
        stale(module.sender_seal(host, forged, &frame(&[]), b""));
        stale(module.sender_prepare(host, forged, &frame(&[]), b""));
        stale(module.sender_sign(host, forged, native.prepared, &frame(&[])));
    }
    for forged in [0, u64::MAX, native.receiver, native.sender] {
        stale(module.sender_sign(host, native.sender, forged, &frame(&[])));
    }
    assert!(module.free(native.receiver).starts_with(&frame(&[b"ok"])));
    stale(module.free(native.receiver));
    stale(module.receiver_open(host, native.receiver, &frame(&[]), b""));
}

/// The module without its memory, with one of each thing that has a handle.
struct Native {
    module: Module,
    host: FixedHost,
    receiver: u64,
    sender: u64,
    prepared: u64,
}

impl Native {
    fn new() -> Self {
        let (mut module, mut host) = (Module::new(), FixedHost(0));
        let receiver = handle(&module.receiver_new(&mut host, &options()));
        let sender = handle(&module.sender_new(&mut host, &options()));
        let message = frame(&[b"id", b"evt_1"]);
        let prepared = handle(&module.sender_prepare(&mut host, sender, &message, b"{}"));
        Native { module, host, receiver, sender, prepared }
    }

    fn call(&mut self, operation: &str, frame: &[u8]) -> Vec<u8> {
        frames::Module::call(self, operation, frame, b"")
    }
}

impl frames::Module for Native {
    fn call(&mut self, operation: &str, frame: &[u8], payload: &[u8]) -> Vec<u8> {
        let (module, host) = (&mut self.module, &mut self.host);
        match operation {
            "postseal_receiver_new" => module.receiver_new(host, frame),
            "postseal_receiver_open" => module.receiver_open(host, self.receiver, frame, payload),
            "postseal_sender_new" => module.sender_new(host, frame),
            "postseal_sender_seal" => module.sender_seal(host, self.sender, frame, payload),
            "postseal_sender_prepare" => module.sender_prepare(host, self.sender, frame, payload),
            "postseal_sender_sign" => module.sender_sign(host, self.sender, self.prepared, frame),
            "postseal_generate" => module.generate(host, frame),
            "postseal_key_id" => module.key_id(frame),
            "postseal_claim_begin" => module.claim_begin(host, frame, payload),
            "postseal_claim_decide" => module.claim_decide(host, frame),
            "postseal_claim_change" => module.claim_change(host, frame),
            "postseal_claim_settle" => module.claim_settle(frame),
            "postseal_next_attempt" => module.next_attempt(host, frame),
            "postseal_rate_limit" => module.rate_limit(frame),
            other => panic!("{other} is no operation"),
        }
    }

    fn free(&mut self, handle: u64) {
        assert!(self.module.free(handle).starts_with(&frame(&[b"ok"])));
    }
}

/// A clock that stands still, and random bytes that are never twice the same.
struct FixedHost(u64);

impl Host for FixedHost {
    fn clock(&mut self) -> Result<UnixTime, Error> {
        UnixTime::new(1_700_000_000)
    }

    fn entropy(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0 += 1;
        bytes
            .iter_mut()
            .zip(self.0.to_le_bytes().iter().cycle())
            .for_each(|(to, from)| *to = *from);
        Ok(())
    }
}

fn handle(answer: &[u8]) -> u64 {
    let strings = strings(answer).expect("a frame");
    let at = strings.iter().position(|string| *string == b"handle");
    let at = at.unwrap_or_else(|| panic!("{:?}", strings.first()));
    std::str::from_utf8(strings[at + 1]).unwrap().parse().unwrap()
}
