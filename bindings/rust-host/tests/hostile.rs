//! Modules that mean harm: each ends its call with a code, and its host goes on.

use std::thread;
use std::time::Duration;

use postseal_host::{Code, Error, Host, HostOptions, ReceiverOptions, Trust, UnixTime};

const TEMPLATE: &str = include_str!("hostile.wat");
const LOOP: &str = "(loop $for_ever (br $for_ever))";
const GROW: &str = "(loop $more (drop (memory.grow (i32.const 16))) (br $more))";
const TRAP: &str = "unreachable";
/// How the module says that something is as the test expects it.
const HEARD: Code = Code::BodyTooLarge;

/// A host of the template with something in place of its marks.
fn host(changes: &[(&str, &str)]) -> Result<Host, Error> {
    let text = changes.iter().fold(TEMPLATE.to_owned(), |text, (mark, harm)| {
        assert!(text.contains(mark), "{mark}");
        text.replace(mark, harm)
    });
    let module = wat::parse_str(&text).expect("a module");
    Host::load(&module, options())
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

/// What comes of opening a request in such a module.
fn open(host: &Host) -> Code {
    let receiver = match host.receiver(ReceiverOptions::default()) {
        Ok(receiver) => receiver,
        Err(error) => return error.code(),
    };
    let headers = [("webhook-id", "evt_1")];
    let now = UnixTime::new(1_700_000_000).expect("a time");
    receiver.open(&headers, b"{}", now).expect_err("harm").code()
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
