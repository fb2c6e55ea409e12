//! Prepared messages: signed for each attempt as the core signs them, and kept out of the module.

use postseal::limits::SEALS_PER_SENDER_MAX;
use postseal_host::{Code, HostOptions, Scheme, SenderOptions, UnixTime};

use crate::loaded::{
    ENCRYPTION_KEY, Fixed, NOW, host, message, now, receiver_options, sender_options,
};

/// After so many messages an instance makes a sender anew.
const USES_MAX: u32 = 65_536;

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn a_prepared_message_is_signed_for_each_attempt() {
    let host = host(HostOptions::default());
    let sender = host.sender(sender_options(Some(ENCRYPTION_KEY))).expect("a sender");
    let receiver = host.receiver(receiver_options(Some(ENCRYPTION_KEY))).expect("a receiver");
    let prepared = sender.prepare(&message("evt_1", b"{}"), now()).expect("prepared");
    for at in [now(), later()] {
        let headers = sender.sign(&prepared, at).expect("signed");
        let delivery = receiver.open(&headers, prepared.body(), at).expect("a delivery");
        assert_eq!(
            (delivery.payload(), delivery.timestamp()),
            (b"{}".as_slice(), Some(at.seconds()))
        );
        assert_eq!(delivery.content_type(), Some("application/json"));
    }
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn every_scheme_signs_as_the_core_does() {
    let random = Fixed::default();
    let host = random.host();
    random.set(&[7; 12]);
    let mut entropy = |bytes: &mut [u8]| {
        bytes.fill(7);
        Ok(())
    };
    for scheme in Scheme::ALL {
        for key in [None, Some(ENCRYPTION_KEY)] {
            let options = || SenderOptions { scheme, ..sender_options(key) };
            let core = postseal::Sender::new(options()).expect("a sender of the core");
            let sender = host.sender(options()).expect("a sender");
            let expected = core.prepare(&message("evt_1", b"{}"), now(), &mut entropy);
            let expected = expected.expect("prepared by the core");
            let prepared = sender.prepare(&message("evt_1", b"{}"), now()).expect("prepared");
            assert_eq!(prepared.body(), expected.body(), "{}", scheme.name());
            for at in [now(), later()] {
                let expected = core.sign(&expected, at).expect("signed by the core");
                let expected = expected.into_iter().map(|(name, value)| (name.to_owned(), value));
                let signed = sender.sign(&prepared, at).expect("signed");
                assert_eq!(signed, expected.collect::<Vec<_>>(), "{}", scheme.name());
            }
        }
    }
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn another_sender_goes_on_but_not_in_the_clear_or_under_another_scheme() {
    let [host, other] = [(); 2].map(|()| host(HostOptions::default()));
    let sender = |key| host.sender(sender_options(key)).expect("a sender");
    let prepare = |key| sender(key).prepare(&message("evt_1", b"{}"), now()).expect("prepared");
    let (in_clear, encrypted) = (prepare(None), prepare(Some(ENCRYPTION_KEY)));
    let anew = SenderOptions { max_body_bytes: Some(1), ..sender_options(Some(ENCRYPTION_KEY)) };
    let anew = other.sender(anew).expect("a sender of another host");
    assert!(anew.sign(&encrypted, now()).is_ok());
    assert!(sender(None).sign(&encrypted, now()).is_ok());
    assert_eq!(anew.sign(&in_clear, now()).expect_err("encrypts").code(), Code::InvalidConfig);
    let scheme = Scheme::named("stripe").expect("a scheme");
    let stripe = host.sender(SenderOptions { scheme, ..sender_options(None) }).expect("a sender");
    assert_eq!(stripe.sign(&in_clear, now()).expect_err("a scheme").code(), Code::InvalidConfig);
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn prepared_messages_take_no_memory_of_the_module() {
    let options = || HostOptions { memory_bytes_max: 16 << 20, ..HostOptions::default() };
    let host = host(HostOptions { instances_max: 1, ..options() });
    let sender = host.sender(sender_options(None)).expect("a sender");
    let payload = vec![b'a'; 1 << 20];
    let prepare = |_| sender.prepare(&message("evt_1", &payload), now()).expect("prepared");
    let prepared: Vec<_> = (0..64).map(prepare).collect();
    assert!(prepared.iter().all(|prepared| sender.sign(prepared, later()).is_ok()));
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn a_sender_that_is_made_anew_goes_on_with_its_count_and_signs_what_was_prepared() {
    let host = host(HostOptions { instances_max: 1, ..HostOptions::default() });
    let options = sender_options(Some(ENCRYPTION_KEY));
    // The first of these is the prepared message, and the last comes just after the new sender.
    let left = USES_MAX + 1;
    let sealed_before = u64::from(SEALS_PER_SENDER_MAX - left);
    let sender = host.sender(SenderOptions { sealed_before, ..options }).expect("a sender");
    let message = message("evt_1", b"{}");
    let prepared = sender.prepare(&message, now()).expect("prepared");
    for number in 1..left {
        assert!(sender.seal(&message, now()).is_ok(), "{number}");
    }
    assert_eq!(sender.seal(&message, now()).expect_err("used up").code(), Code::KeyExhausted);
    let headers = sender.sign(&prepared, later()).expect("signed");
    let receiver = host.receiver(receiver_options(Some(ENCRYPTION_KEY))).expect("a receiver");
    assert!(receiver.open(&headers, prepared.body(), later()).is_ok());
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn a_sender_of_a_used_up_key_stays_so_when_it_is_made_anew() {
    let host = host(HostOptions { instances_max: 1, ..HostOptions::default() });
    let options = sender_options(Some(ENCRYPTION_KEY));
    let sender = host.sender(SenderOptions { sealed_before: u64::MAX, ..options });
    let sender = sender.expect("a sender");
    for number in 0..=USES_MAX {
        let refused = sender.seal(&message("evt_1", b"{}"), now()).expect_err("used up");
        assert_eq!(refused.code(), Code::KeyExhausted, "{number}");
    }
}

fn later() -> UnixTime {
    UnixTime::new(NOW + 60).expect("a time")
}
