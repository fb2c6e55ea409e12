//! Many calls: memory stays flat in one instance, and threads share the pool without a mix-up.

use std::env;
use std::thread;

use crate::loaded::{ENCRYPTION_KEY, host, message, now, receiver_options, sealed};
use crate::loaded::{SECRET, sender_options};
use crate::raw::{Compiled, frame, one_key};
use postseal_host::HostOptions;

/// Opens in one instance, where `POSTSEAL_SOAK_OPENS` names no other number.
const OPENS: u32 = 20_000;
const OPENS_BEFORE: u32 = 1_000;

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn memory_is_flat_after_the_first_thousand_opens() {
    let opens =
        env::var("POSTSEAL_SOAK_OPENS").map_or(OPENS, |text| text.parse().expect("a number"));
    let mut raw = Compiled::new("POSTSEAL_WASM").instantiate();
    let (secrets, keys) = (one_key(SECRET, "secret"), one_key(ENCRYPTION_KEY, "key"));
    let encrypted = frame(&[b"secrets", &secrets, b"encryption_keys", &keys]);
    let receivers = [frame(&[b"secrets", &secrets]), encrypted]
        .map(|options| raw.on_frame("postseal_receiver_new", &options).handle());
    let requests = [None, Some(ENCRYPTION_KEY)].map(|key| {
        let (headers, body) = sealed_as(key, "key");
        let mut strings: Vec<&[u8]> = vec![b"now", b"1700000000", b""];
        for (name, value) in &headers {
            strings.extend([name.as_bytes(), value.as_bytes()]);
        }
        (frame(&strings), body)
    });
    let mut bytes_before = 0;
    for number in 0..opens {
        let kind = usize::from(number % 2 == 1);
        let (frame, body) = &requests[kind];
        let answer = raw.on_handle("postseal_receiver_open", receivers[kind], frame, body);
        assert_eq!(answer.status, "ok", "open {number}");
        if number == OPENS_BEFORE {
            bytes_before = raw.memory().len();
        }
    }
    assert_eq!(raw.memory().len(), bytes_before, "after {opens} opens");
    println!("{opens} opens in {bytes_before} bytes of memory");
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn ten_thousand_opens_of_eight_threads_are_right() {
    const THREADS: usize = 8;
    const EACH: usize = 1_250;
    // Fewer instances than threads, so that they wait for one another.
    let host = host(HostOptions { instances_max: 3, ..HostOptions::default() });
    let plain = host.receiver(receiver_options(None)).expect("a receiver");
    let encrypted = host.receiver(receiver_options(Some(ENCRYPTION_KEY))).expect("a receiver");
    thread::scope(|scope| {
        for worker in 0..THREADS {
            let (host, plain, encrypted) = (&host, &plain, &encrypted);
            scope.spawn(move || {
                let sender = host.sender(sender_options(Some(ENCRYPTION_KEY))).expect("a sender");
                for number in 0..EACH {
                    let (id, payload) = (format!("evt_{worker}_{number}"), payload(worker, number));
                    let (headers, mut body) = match number % 5 {
                        0 => {
                            let message = message(&id, &payload);
                            let sealed = sender.seal(&message, now()).expect("sealed");
                            (sealed.headers, sealed.body)
                        }
                        1 | 2 => sealed(Some(ENCRYPTION_KEY), &id, &payload),
                        _ => sealed(None, &id, &payload),
                    };
                    let receiver = if number % 5 < 3 { encrypted } else { plain };
                    let refused = number % 7 == 6;
                    if refused {
                        body[0] ^= 1;
                    }
                    match receiver.open(&headers, &body, now()) {
                        Ok(delivery) => {
                            assert!(!refused && delivery.payload() == payload, "{id}");
                            assert_eq!(delivery.id(), Some(id.as_str()));
                        }
                        Err(error) => {
                            assert!(refused, "{id}: {error}");
                            assert_eq!(error.code().as_str(), "signature_mismatch");
                        }
                    }
                }
            });
        }
    });
    assert!(host.instances() <= 3);
}

/// A payload that no other message has.
fn payload(worker: usize, number: usize) -> Vec<u8> {
    format!("{worker}.{number}.").repeat(1 + number % 50).into_bytes()
}

/// A message of 1 KiB, to an encryption key of that id.
fn sealed_as(key: Option<&str>, id: &str) -> (Vec<(String, String)>, Vec<u8>) {
    let mut options = sender_options(key);
    if let Some(key) = options.encryption_keys.as_mut().and_then(|keys| keys[0].as_mut()) {
        key.id = Some(id.to_owned());
    }
    let sender = postseal::Sender::new(options).expect("a sender");
    let mut entropy = |bytes: &mut [u8]| {
        bytes.fill(0x5a);
        Ok(())
    };
    let sealed =
        sender.seal(&message("evt_1", &[b'a'; 1024]), now(), &mut entropy).expect("sealed");
    let headers = sealed.headers.into_iter().map(|(name, value)| (name.to_owned(), value));
    (headers.collect(), sealed.body)
}
