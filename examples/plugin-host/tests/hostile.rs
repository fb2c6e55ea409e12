//! Three hostile modules over a real port: each answers 503, and the endpoint stays up. And
//! requests that are too long, too slow, or read otherwise by others.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use plugin_host::{Plugin, Timed, listen, serve};
use postseal_host::{HostOptions, Trust};

const TEMPLATE: &str = include_str!("../../../bindings/rust-host/tests/hostile.wat");
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDWwoRQC6fpnE=";
const REQUEST: &str = "POST /hooks HTTP/1.1\r\nwebhook-id: evt_1\r\ncontent-length: 2\r\n\r\n{}";

/// An endpoint with a module that does harm when a request is opened.
fn endpoint(harm: &str) -> SocketAddr {
    let module = wat::parse_str(TEMPLATE.replace("(;OPEN;)", harm)).expect("a module");
    let plugin = Plugin::load(&module, options(), SECRET, None);
    assert!(plugin.failure().is_none(), "the module loads: its harm comes later");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || listen(&listener, &Arc::new(plugin)));
    address
}

fn options() -> HostOptions {
    HostOptions {
        trust: Trust::Unchecked,
        memory_bytes_max: 8 << 20,
        deadline: Duration::from_millis(100),
        ..HostOptions::default()
    }
}

fn status(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the endpoint is up");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split_whitespace().nth(1).expect("a status").to_owned()
}

fn survives(harm: &str) {
    let address = endpoint(harm);
    for _ in 0..5 {
        assert_eq!(status(address, REQUEST), "503");
    }
    // What needs no module is answered as before.
    assert_eq!(status(address, "GET / HTTP/1.1\r\n\r\n"), "405");
}

#[test]
fn a_module_that_traps() {
    survives("unreachable");
}

#[test]
fn a_module_that_loops() {
    survives("(loop $for_ever (br $for_ever))");
}

#[test]
fn a_module_that_grows_without_end() {
    survives("(loop $more (drop (memory.grow (i32.const 16))) (br $more))");
}

#[test]
fn a_module_that_is_not_loaded_refuses_everything() {
    let plugin = Plugin::load(b"", options(), SECRET, None);
    let mut answer = Vec::new();
    let line = serve(REQUEST.as_bytes(), &mut answer, &plugin).expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 503"), "{line}");
    assert!(line.contains("unsupported_runtime"), "{line}");
}

#[test]
fn requests_have_bounds() {
    let plugin = Plugin::load(b"", options(), SECRET, None);
    let status = |request: &str| {
        let line = serve(request.as_bytes(), Vec::new(), &plugin).expect("an answer");
        line.split(' ').next().unwrap_or_default().to_owned()
    };
    let post = |rest: &str| status(&format!("POST / HTTP/1.1\r\n{rest}"));
    assert_eq!(post("content-length: 1048577\r\n\r\n"), "413");
    assert_eq!(post("content-length: 2\r\ncontent-length: 2\r\n\r\n{}"), "400");
    assert_eq!(post("content-length: +2\r\n\r\n{}"), "400");
    assert_eq!(post("content-length: 3\r\n\r\n{}"), "400");
    assert_eq!(post("transfer-encoding: chunked\r\n\r\n"), "411");
    assert_eq!(post("\r\n"), "411");
    assert_eq!(post(&"a: b\r\n".repeat(101)), "431");
    assert_eq!(status(""), "400");
    for no_header in ["no colon", ": b", "a b: c", " a: b", "a: b\rc", "a: \0"] {
        assert_eq!(post(&format!("{no_header}\r\ncontent-length: 2\r\n\r\n{{}}")), "400");
    }
    for space in [" ", "\t"] {
        let smuggled =
            format!("transfer-encoding{space}: chunked\r\ncontent-length: 2\r\n\r\n{{}}");
        assert_eq!(post(&smuggled), "400");
    }
}

#[test]
fn a_head_of_16_kib_is_read_and_a_longer_one_is_not() {
    let plugin = Plugin::load(b"", options(), SECRET, None);
    let (start, end) = ("POST / HTTP/1.1\r\ncontent-length: 0\r\na: ", "\r\n\r\n");
    let status = |head_bytes: usize| {
        let value = "b".repeat(head_bytes - start.len() - end.len());
        let request = format!("{start}{value}{end}");
        let line = serve(request.as_bytes(), Vec::new(), &plugin).expect("an answer");
        line.split(' ').next().unwrap_or_default().to_owned()
    };
    // Read, and refused since there is no module.
    assert_eq!(status(16 * 1024), "503");
    assert_eq!(status(16 * 1024 + 1), "431");
    // Many headers, each short: more than the module takes as one frame.
    let many = format!("a: {}\r\n", "b".repeat(16_000)).repeat(90);
    let request = format!("POST / HTTP/1.1\r\n{many}content-length: 0\r\n\r\n");
    let line = serve(request.as_bytes(), Vec::new(), &plugin).expect("an answer");
    assert!(line.starts_with("431 "), "{line}");
}

#[test]
fn a_client_that_drips_is_left_at_the_deadline() {
    let plugin = Plugin::load(b"", options(), SECRET, None);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let mut client = TcpStream::connect(listener.local_addr().expect("an address")).expect("up");
    let (stream, _) = listener.accept().expect("a connection");
    let drip = thread::spawn(move || {
        // Each byte comes long before a deadline of its own, and all of them long after one.
        for _ in 0..100 {
            if client.write_all(b"P").is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
    let until = Instant::now() + Duration::from_millis(200);
    let line = serve(Timed::new(&stream, until), Vec::new(), &plugin).expect("an answer");
    assert!(line.starts_with("408 "), "{line}");
    drop(stream);
    drip.join().expect("the client ends");
}
