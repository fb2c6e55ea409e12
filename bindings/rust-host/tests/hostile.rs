//! Modules that mean harm: each ends its call with a code, and its host goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use postseal_host::{
    Code, Error, Host, HostOptions, KeyInput, Message, Receiver, ReceiverOptions, SenderOptions,
    Trust, UnixTime,
};

const TEMPLATE: &str = include_str!("hostile.wat");
const LOOP: &str = "(loop $for_ever (br $for_ever))";
const GROW: &str = "(loop $more (drop (memory.grow (i32.const 16))) (br $more))";
const TRAP: &str = "unreachable";
/// Calls back into the application.
const DRAW: &str = "(drop (call $random_get (i32.const 2048) (i32.const 16)))";
/// How the module says that something is as the test expects it.
const HEARD: Code = Code::BodyTooLarge;

/// A host of the template with something in place of its marks.
fn host(changes: &[(&str, &str)]) -> Result<Host, Error> {
    load(changes, options())
}

fn load(changes: &[(&str, &str)], options: HostOptions) -> Result<Host, Error> {
    let text = changes.iter().fold(TEMPLATE.to_owned(), |text, (mark, harm)| {
        assert!(text.contains(mark), "{mark}");
        text.replace(mark, harm)
    });
    let module = wat::parse_str(&text).expect("a module");
    Host::load(&module, options)
}

fn options() -> HostOptions {
    HostOptions {
        trust: Trust::Unchecked,
        instances_max: 2,
        memory_bytes_max: 8 << 20,
        deadline: Duration::from_millis(200),
        ..HostOptions::default()
    }
}

/// An application whose source of randomness panics, or waits for another call, when it is told to.
#[derive(Clone, Default)]
struct Application(Arc<(AtomicBool, Mutex<Option<Arc<Barrier>>>)>);

impl Application {
    fn options(&self) -> HostOptions {
        let Application(told) = self.clone();
        let entropy = move |_: &mut [u8]| {
            let (panics, meeting) = &*told;
            assert!(!panics.load(Ordering::Relaxed), "of the application");
            let meeting = meeting.lock().expect("no panic").clone();
            meeting.map_or(Ok(()), |meeting| {
                meeting.wait();
                Ok(())
            })
        };
        HostOptions { entropy: Arc::new(entropy), ..options() }
    }

    /// Does something twice, so that both draw at once.
    fn both_at_once(&self, work: impl Fn() -> Code + Sync) {
        let (_, meeting) = &*self.0;
        *meeting.lock().expect("no panic") = Some(Arc::new(Barrier::new(2)));
        thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(&work))));
        *meeting.lock().expect("no panic") = None;
    }

    /// Whether something panics where the application does.
    fn panics<T>(&self, work: impl FnOnce() -> T) -> bool {
        let (panics, _) = &*self.0;
        panics.store(true, Ordering::Relaxed);
        let outcome = catch_unwind(AssertUnwindSafe(work));
        panics.store(false, Ordering::Relaxed);
        outcome.is_err()
    }
}

fn sender_options(encryption_key: Option<&str>) -> SenderOptions {
    let list = |key| vec![Some(KeyInput::from(key))];
    let (secrets, encryption_keys) = (Some(list("secret")), encryption_key.map(list));
    SenderOptions { secrets, encryption_keys, ..SenderOptions::default() }
}

/// What comes of opening a request in such a module.
fn open(host: &Host) -> Code {
    let receiver = match host.receiver(ReceiverOptions::default()) {
        Ok(receiver) => receiver,
        Err(error) => return error.code(),
    };
    open_in(&receiver, &[("webhook-id", "evt_1")], b"{}")
}

fn open_in(receiver: &Receiver, headers: &[(&str, &str)], body: &[u8]) -> Code {
    receiver.open(headers, body, now()).expect_err("harm").code()
}

fn now() -> UnixTime {
    UnixTime::new(1_700_000_000).expect("a time")
}

fn loading(changes: &[(&str, &str)]) -> Code {
    host(changes).expect_err("no such module is loaded").code()
}

#[test]
fn a_call_that_traps_loops_or_grows_fails_alone() {
    let deep = "(func $deeper (call $deeper)) (start $start)";
    for harm in [TRAP, LOOP, GROW, "(call $deeper)"] {
        let host = host(&[("(;OPEN;)", harm), ("(start $start)", deep)]).expect("a host");
        for _ in 0..3 {
            assert_eq!(open(&host), Code::ModuleFailed, "{harm}");
        }
        assert!(host.instances() <= 1, "{harm}: the broken ones are thrown away");
    }
}

#[test]
fn a_start_that_traps_loops_or_grows_is_not_loaded() {
    for harm in [TRAP, LOOP, GROW] {
        assert_eq!(loading(&[("(;START;)", harm)]), Code::ModuleFailed, "{harm}");
    }
}

#[test]
fn callers_of_a_looping_module_all_come_back() {
    let host = host(&[("(;OPEN;)", LOOP)]).expect("a host");
    thread::scope(|scope| {
        let calls: Vec<_> = (0..6).map(|_| scope.spawn(|| open(&host))).collect();
        for call in calls {
            assert_eq!(call.join().expect("no panic"), Code::ModuleFailed);
        }
    });
    assert!(host.instances() <= 2);
}

#[test]
fn answers_that_lie_are_not_followed() {
    let far = "(return (i64.const -1))";
    let beyond = "(return (i64.or (i64.shl (i64.const 65535) (i64.const 32)) (i64.const 2)))";
    let cut = "(return (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 49)))";
    let nothing = "(return (i64.const 0))";
    let no_code = "(return (i64.or (i64.shl (i64.const 22) (i64.const 32)) (i64.const 15)))";
    for harm in [far, beyond, cut, nothing, no_code, ""] {
        let host = host(&[("(;OPEN;)", harm)]).expect("a host");
        assert_eq!(open(&host), Code::ModuleFailed, "{harm}");
    }
    for place in ["0", "65536", "-1"] {
        let host = host(&[("(;ALLOC;)1024", place)]).expect("a host");
        let refused = host.receiver(ReceiverOptions::default()).expect_err("no memory");
        assert_eq!(refused.code(), Code::ModuleFailed, "{place}");
    }
}

#[test]
fn an_instance_without_memory_for_a_long_request_stays() {
    let refuse =
        "(if (i32.gt_u (local.get $length) (i32.const 60000)) (then (return (i32.const 0))))";
    let host = host(&[("(;REFUSE;)", refuse), ("(;OPEN;)", "(return (call $heard))")]);
    let host = host.expect("a host");
    let receiver = host.receiver(ReceiverOptions::default()).expect("a receiver");
    // With a frame of 25 bytes: the instant, and an empty name.
    let open = |request_bytes: usize| open_in(&receiver, &[], &vec![b'a'; request_bytes - 25]);
    assert_eq!((open(60_000), host.instances()), (HEARD, 1));
    assert_eq!((open(65_537), host.instances()), (Code::ModuleFailed, 1));
    assert_eq!((open(60_000), host.instances()), (HEARD, 1));
    // What has no room for this either has none at all.
    assert_eq!((open(65_536), host.instances()), (Code::ModuleFailed, 0));
    assert_eq!((open(60_000), host.instances()), (HEARD, 1));
}

#[test]
fn a_frame_over_1_mib_does_not_reach_the_module() {
    let trap = "(if (i32.gt_u (local.get $length) (i32.const 60000)) (then unreachable))";
    let host = host(&[("(;REFUSE;)", trap)]).expect("a host");
    let receiver = host.receiver(ReceiverOptions::default()).expect("a receiver");
    // A header of one letter, and its lengths.
    let open =
        |frame_bytes: usize| open_in(&receiver, &[("a", &"b".repeat(frame_bytes - 25 - 9))], b"");
    assert_eq!((open((1 << 20) + 1), host.instances()), (Code::MalformedFrame, 1));
    assert_eq!((open(1 << 20), host.instances()), (Code::ModuleFailed, 0));
}

#[test]
fn a_limit_of_bodies_that_the_core_has_not_is_not_believed() {
    let made = |bytes: &str| {
        let text = format!("\\07\\00\\00\\00{bytes}");
        let host = host(&[("\\07\\00\\00\\001048576", &text)]).expect("a host");
        let sender = host.sender(sender_options(None)).map(|sender| sender.max_body_bytes());
        let receiver = host.receiver(ReceiverOptions::default());
        (receiver.map(|receiver| receiver.max_body_bytes()), sender)
    };
    assert_eq!(made("0000001"), (Ok(1), Ok(1)));
    for lie in ["0000000", "-000001", "1e+0007"] {
        let (receiver, sender) = made(lie);
        assert_eq!(receiver.expect_err(lie).code(), Code::ModuleFailed);
        assert_eq!(sender.expect_err(lie).code(), Code::ModuleFailed);
    }
}

#[test]
fn what_was_to_be_encrypted_is_not_sent_in_the_clear() {
    let host = host(&[]).expect("a host");
    let message = Message { id: "evt_1", content_type: None, payload: b"{}" };
    let seal = |key| host.sender(sender_options(key)).expect("a sender").seal(&message, now());
    assert_eq!(seal(None).expect("in the clear").body, b"{}");
    assert_eq!(seal(Some("key")).expect_err("no body").code(), Code::ModuleFailed);
}

#[test]
fn a_panic_of_the_application_costs_the_instance_that_it_was_in() {
    let application = Application::default();
    let draw = format!("{DRAW} (return (call $heard))");
    let host = load(&[("(;OPEN;)", &draw)], application.options()).expect("a host");
    let receiver = host.receiver(ReceiverOptions::default()).expect("a receiver");
    application.both_at_once(|| open_in(&receiver, &[], b""));
    assert_eq!(host.instances(), 2, "two calls at once");
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        // Dropped by the panic, with a handle in each idle instance.
        let _receiver = receiver;
        panic!("of the application");
    }));
    assert!(panicked.is_err() && host.instances() == 2, "neither was in a call");
    assert!(application.panics(|| open(&host)));
    assert_eq!(host.instances(), 1);
    assert_eq!((open(&host), host.instances()), (HEARD, 1));
}

#[test]
fn a_panic_in_a_start_or_a_drop_leaves_no_place_taken() {
    let application = Application::default();
    let options = || HostOptions { instances_max: 1, ..application.options() };
    let changes = [("(;START;)", DRAW), ("(;OPEN;)", TRAP)];
    let host = load(&changes, options()).expect("a host");
    assert_eq!((open(&host), host.instances()), (Code::ModuleFailed, 0));
    assert!(application.panics(|| open(&host)), "in the start of the next");
    assert_eq!(host.instances(), 0);
    assert!(host.receiver(ReceiverOptions::default()).is_ok());

    let host = load(&[("(;FREE;)", DRAW)], options()).expect("a host");
    let receiver = host.receiver(ReceiverOptions::default()).expect("a receiver");
    assert!(application.panics(move || drop(receiver)), "as its handle is freed");
    assert_eq!(host.instances(), 0);
    assert!(host.receiver(ReceiverOptions::default()).is_ok());
}

#[test]
fn an_import_writes_nowhere_but_in_the_module() {
    let heard = |buffer: &str, length: &str, expected: u32| {
        let draw = format!("(call $random_get (i32.const {buffer}) (i32.const {length}))");
        let harm =
            format!("(if (i32.eq {draw} (i32.const {expected})) (then (return (call $heard))))");
        open(&host(&[("(;OPEN;)", &harm)]).expect("a host"))
    };
    assert_eq!(heard("2048", "16", 0), HEARD);
    assert_eq!(heard("-1", "16", 21), HEARD);
    assert_eq!(heard("65530", "16", 21), HEARD);
    assert_eq!(heard("0", "-1", 28), HEARD);
}

#[test]
fn what_is_no_module_of_ours_is_not_loaded() {
    let code = |module: &[u8]| Host::load(module, options()).expect_err("refused").code();
    assert_eq!(code(b""), Code::UnsupportedRuntime);
    assert_eq!(code(b"\0asm\x01\0\0\0"), Code::UnsupportedRuntime);
    assert_eq!(loading(&[("(;VERSION;)1", "2")]), Code::UnsupportedRuntime);
    assert_eq!(loading(&[("postseal_rate_limit", "rate_limit")]), Code::UnsupportedRuntime);
    let files = [("random_get\" (func", "path_open\" (func")];
    assert_eq!(loading(&files), Code::UnsupportedRuntime);
    let sound = wat::parse_str(TEMPLATE).expect("a module");
    let published = HostOptions { trust: Trust::Published, ..options() };
    let refused = Host::load(&sound, published).expect_err("not the published module");
    assert_eq!(refused.code(), Code::UnsupportedRuntime);
}

#[test]
fn options_have_bounds() {
    let code = |options| Host::load(b"", options).expect_err("refused").code();
    let bad = [
        HostOptions { instances_max: 0, ..options() },
        HostOptions { instances_max: 1025, ..options() },
        HostOptions { memory_bytes_max: (4 << 20) - 1, ..options() },
        HostOptions { deadline: Duration::ZERO, ..options() },
        HostOptions { deadline: Duration::from_millis(60_001), ..options() },
    ];
    for options in bad {
        assert_eq!(code(options), Code::InvalidConfig);
    }
}
