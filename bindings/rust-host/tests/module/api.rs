//! The host's own part: the hash, handles in many instances, limits, and what it tells of itself.

use std::thread;

use postseal::limits::HANDLES_MAX;
use postseal_host::{Code, Host, HostOptions, KeyOptions, Trust};

use crate::loaded::{
    ENCRYPTION_KEY, SECRET, host, list, message, module, now, receiver_options, sealed,
    sender_options,
};

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn only_the_expected_module_is_loaded() {
    let module = module("POSTSEAL_WASM");
    let options = |trust| HostOptions { trust, ..HostOptions::default() };
    let refused = Host::load(&module, options(Trust::Sha256([0; 32]))).expect_err("another");
    assert_eq!(refused.code(), Code::UnsupportedRuntime);
    let mut hash = [0; 32];
    hash.copy_from_slice(&<sha2::Sha256 as sha2::Digest>::digest(&module));
    assert!(Host::load(&module, options(Trust::Sha256(hash))).is_ok());
    let mut changed = module;
    changed.push(0);
    let refused = Host::load(&changed, options(Trust::Sha256(hash))).expect_err("changed");
    assert_eq!(refused.code(), Code::UnsupportedRuntime);
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn new_keys_and_their_id_are_the_core_s() {
    let host = host(HostOptions::default());
    assert!(host.generate_secret().expect("a secret").starts_with("whsec_"));
    let key = host.generate_encryption_key().expect("a key");
    assert_eq!(host.key_id(&key), postseal::key_id(&key));
    let pair = host.generate_signing_key_pair().expect("a pair");
    let mut options = sender_options(None);
    options.secrets = list(&pair.private_key);
    let sealed = host.sender(options).and_then(|sender| sender.seal(&message("a", b"{}"), now()));
    let sealed = sealed.expect("sealed");
    let mut options = receiver_options(None);
    options.keys = KeyOptions { public_keys: list(&pair.public_key), ..KeyOptions::default() };
    let receiver = host.receiver(options).expect("a receiver");
    assert!(receiver.open(&sealed.headers, &sealed.body, now()).is_ok());
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn a_body_over_the_limit_of_memory_fails_alone() {
    let host = host(HostOptions { memory_bytes_max: 8 << 20, ..HostOptions::default() });
    let mut options = receiver_options(None);
    options.max_body_bytes = Some(32 << 20);
    let receiver = host.receiver(options).expect("a receiver");
    let headers: [(&str, &str); 0] = [];
    let failed = receiver.open(&headers, &vec![b'a'; 16 << 20], now()).expect_err("too much");
    assert_eq!((failed.code(), host.instances()), (Code::ModuleFailed, 1));
    let (headers, body) = sealed(None, "evt_1", b"{}");
    let delivery = receiver.open(&headers, &body, now()).expect("in the same instance");
    assert_eq!(delivery.unsigned("WEBHOOK-ID"), Some(b"evt_1".to_vec()));
    assert_eq!(delivery.into_payload(), b"{}");
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn receivers_that_come_and_go_leave_no_handle() {
    const THREADS: usize = 3;
    const EACH: usize = 50_000;
    // Each instance meets more of them than it can hold at once: 32 768.
    let host = host(HostOptions { instances_max: 2, ..HostOptions::default() });
    let (headers, body) = sealed(None, "evt_1", b"{}");
    let come_and_go = || {
        for _ in 0..EACH {
            let receiver = host.receiver(receiver_options(None)).expect("a receiver");
            // In the other instance, as often as not.
            assert!(receiver.open(&headers, &body, now()).is_ok());
        }
    };
    thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(come_and_go))));
    assert!(host.receiver(receiver_options(None)).is_ok());
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn as_many_receivers_as_an_instance_holds_are_dropped_and_made_again() {
    let host = host(HostOptions { instances_max: 1, ..HostOptions::default() });
    for _ in 0..2 {
        let make = |_| host.receiver(receiver_options(None)).expect("a receiver");
        let receivers: Vec<_> = (0..HANDLES_MAX).map(make).collect();
        let refused = host.receiver(receiver_options(None)).expect_err("one more");
        assert_eq!(refused.code(), Code::InvalidConfig);
        drop(receivers);
    }
    assert_eq!(host.instances(), 1);
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn nothing_tells_its_keys_or_its_payload() {
    let host = host(HostOptions::default());
    let sender = host.sender(sender_options(Some(ENCRYPTION_KEY))).expect("a sender");
    let receiver = host.receiver(receiver_options(Some(ENCRYPTION_KEY))).expect("a receiver");
    let prepared = sender.prepare(&message("evt_1", b"payload"), now()).expect("prepared");
    let sealed = sender.seal(&message("evt_1", b"payload"), now()).expect("sealed");
    let delivery = receiver.open(&sealed.headers, &sealed.body, now()).expect("a delivery");
    let told = format!("{host:?} {sender:?} {receiver:?} {prepared:?} {sealed:?} {delivery:?}");
    let told = format!("{told} {:?} {:?}", HostOptions::default(), host.claims(None, None));
    for hidden in [&SECRET[6..20], &ENCRYPTION_KEY[6..20], "payload\"", "v1,"] {
        assert!(!told.contains(hidden), "{hidden} in {told}");
    }
    assert!(!told.contains(&format!("{:?}", b"payload")));
}
