//! Frames, handles and pointers that no sound host sends: refused with a code, and never a trap.

use crate::raw::{Compiled, Raw, frame, length};
use crate::support::frames::{Module, options, survive};

/// An instance with one of each thing that has a handle.
struct Held {
    raw: Raw,
    receiver: u64,
    sender: u64,
    prepared: u64,
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn truncations_and_changed_bytes_have_typed_answers_and_no_trap() {
    let mut held = Held::new();
    let before = held.raw.memory().len();
    let answers = survive(&mut held, 3);
    assert!(answers > 5_000, "only {answers} answers");
    assert_eq!(held.raw.memory().len(), before, "the memory has grown");
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn stale_foreign_and_forged_handles_are_told() {
    let Held { mut raw, receiver, sender, prepared } = Held::new();
    let open =
        |raw: &mut Raw, handle| raw.on_handle("postseal_receiver_open", handle, b"", b"").status;
    for forged in [0, 1, u64::MAX, sender, prepared, receiver ^ 1, receiver ^ 1 << 32] {
        assert_eq!(open(&mut raw, forged), "stale_handle", "{forged}");
    }
    for forged in [0, u64::MAX, receiver, prepared] {
        for operation in ["postseal_sender_seal", "postseal_sender_prepare"] {
            assert_eq!(raw.on_handle(operation, forged, b"", b"").status, "stale_handle");
        }
        let sign = raw.call("postseal_sender_sign", (forged, prepared, 0_u32, 0_u32));
        assert_eq!(sign.status, "stale_handle");
    }
    let sign = raw.call("postseal_sender_sign", (sender, receiver, 0_u32, 0_u32));
    assert_eq!(sign.status, "stale_handle");
    assert_eq!(raw.call("postseal_handle_free", receiver).status, "ok");
    assert_eq!(raw.call("postseal_handle_free", receiver).status, "stale_handle");
    assert_eq!(open(&mut raw, receiver), "stale_handle");
    assert_eq!(open(&mut Held::new().raw, receiver | 1 << 33), "stale_handle");
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn a_wild_pointer_is_refused_and_not_followed() {
    let Held { mut raw, receiver, .. } = Held::new();
    let place = raw.write(&frame(&[b"now", b"1700000000", b""]));
    let end = u32::try_from(raw.memory().len()).expect("a memory of 32 bits");
    let wild = [
        (0, 1),
        (1, 4),
        (16, 1 << 20),
        (place - 1, 4),
        (place, 26),
        (place + 4, 1 << 16),
        (end - 1, 1),
        (end - 1, 2),
        (end, 1),
        (u32::MAX, 1),
        (u32::MAX, u32::MAX),
        (place, u32::MAX),
    ];
    for (at, length) in wild {
        let place = (at, length);
        let refused = raw.call("postseal_receiver_new", place);
        assert_eq!(refused.status, "malformed_frame", "{place:?}");
        let frame = raw.call("postseal_receiver_open", (receiver, at, length, 0_u32, 0_u32));
        assert_eq!(frame.status, "malformed_frame", "{place:?}");
        let body = raw.call("postseal_receiver_open", (receiver, 0_u32, 0_u32, at, length));
        assert_eq!(body.status, "malformed_frame", "{place:?}");
    }
    for at in [0, 1, place - 1, place + 1, end - 1, end, u32::MAX] {
        assert_eq!(raw.free(at), 0, "{at}");
    }
    // What is freed is wild from then on.
    assert_eq!((raw.free(place), raw.free(place)), (1, 0));
    assert_eq!(raw.call("postseal_receiver_new", (place, 4_u32)).status, "malformed_frame");
}

impl Held {
    fn new() -> Self {
        let mut raw = Compiled::new("POSTSEAL_WASM").instantiate();
        let receiver = raw.on_frame("postseal_receiver_new", &options()).handle();
        let sender = raw.on_frame("postseal_sender_new", &options()).handle();
        let message = frame(&[b"id", b"evt_1"]);
        let prepared = raw.on_handle("postseal_sender_prepare", sender, &message, b"{}").handle();
        Held { raw, receiver, sender, prepared }
    }
}

impl Module for Held {
    fn call(&mut self, operation: &str, frame: &[u8], payload: &[u8]) -> Vec<u8> {
        let Held { raw, receiver, sender, prepared } = self;
        let (at, payload_at) = (raw.write(frame), raw.write(payload));
        let (of_frame, of_payload) = (length(frame), length(payload));
        let on = |handle: u64| (handle, at, of_frame, payload_at, of_payload);
        let answer = match operation {
            "postseal_receiver_open" => raw.call(operation, on(*receiver)),
            "postseal_sender_seal" | "postseal_sender_prepare" => raw.call(operation, on(*sender)),
            "postseal_sender_sign" => raw.call(operation, (*sender, *prepared, at, of_frame)),
            "postseal_claim_begin" => raw.call(operation, (at, of_frame, payload_at, of_payload)),
            _ => raw.call(operation, (at, of_frame)),
        };
        raw.free_all([at, payload_at, answer.pointer]);
        let strings: Vec<_> = answer.strings.iter().map(Vec::as_slice).collect();
        crate::raw::frame(&[&[answer.status.as_bytes()], strings.as_slice()].concat())
    }

    fn free(&mut self, handle: u64) {
        let freed = self.raw.call("postseal_handle_free", handle);
        assert_eq!((freed.status.as_str(), self.raw.free(freed.pointer)), ("ok", 1));
    }
}
