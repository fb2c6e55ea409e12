//! `send`: what arrives, when it ends, and what is said of it.

use std::io::Write;
use std::path::Path;

use postseal::{KeyInput, KeyOptions, Receiver, ReceiverOptions, UnixTime};
use serde_json::{Value, json};

use crate::authority::{Authority, Validity, only, other_pin};
use crate::program::{KEY, Program, Run, SECRET, words};
use crate::server::{Reply, Seen, Server, status};

fn send(url: &str) -> Program {
    words("send --id evt_1 --secret").args([SECRET, url]).input("{\"n\":1}")
}

fn to(replies: Vec<Reply>) -> (Server, Program) {
    let server = Server::start(None, replies);
    let program = send(&server.url("http", "localhost"));
    (server, program)
}

fn authority(name: &str) -> Authority {
    Authority::new(Path::new(env!("CARGO_TARGET_TMPDIR")), name)
}

/// What a receiver makes of a request, now.
fn opened(seen: &Seen, key: Option<&str>) -> Vec<u8> {
    let list = |text: &str| Some(vec![Some(KeyInput::from(text))]);
    let keys = KeyOptions {
        secrets: list(SECRET),
        encryption_keys: key.and_then(list),
        ..KeyOptions::default()
    };
    let receiver = Receiver::new(ReceiverOptions { keys, ..ReceiverOptions::default() }).unwrap();
    let now = UnixTime::try_from(std::time::SystemTime::now()).unwrap();
    let headers = seen.headers();
    let delivery = receiver.open(&headers, &seen.body, now).unwrap();
    assert_eq!(delivery.id(), Some("evt_1"));
    delivery.into_payload()
}

/// The object of a run that was not taken, and its exit code.
fn not_taken(run: &Run, exit: i32) -> Value {
    assert_eq!(run.exit, exit, "{}", run.errors);
    assert!(run.errors.starts_with("postseal: ") && run.errors.ends_with('\n'), "{}", run.errors);
    assert_eq!(run.errors.lines().count(), 1, "{}", run.errors);
    run.json()
}

#[test]
fn what_arrives_is_what_was_signed() {
    let (server, program) = to(vec![status("202 Accepted")]);
    let run = program.args(["--content-type", "application/json"]).run();
    assert_eq!(run.text(), "delivered: attempt 1: status 202\n");
    let seen = server.seen().remove(0);
    assert_eq!(opened(&seen, None), b"{\"n\":1}");
    assert_eq!(seen.body, b"{\"n\":1}");
    assert_eq!(seen.header("content-type").as_deref(), Some("application/json"));
    assert!(seen.head.starts_with("POST /hooks?token=1 HTTP/1.1\r\n"), "{}", seen.head);

    let (server, program) = to(vec![status("200 OK")]);
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let run = program.args(["--encryption-key", KEY, "--json"]).input(&every_byte).run();
    assert_eq!(run.errors, "");
    let expected = json!({ "ok": true, "outcome": "delivered", "status": 200, "attempts": 1 });
    assert_eq!(run.json(), expected);
    assert_eq!(opened(&server.seen().remove(0), Some(KEY)), every_byte);
}

#[test]
fn each_attempt_is_signed_and_none_is_encrypted_anew() {
    let again = "HTTP/1.1 503 X\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n".to_owned();
    let (server, program) =
        to(vec![Reply::Write(again), Reply::Close(String::new()), status("200 OK")]);
    let run = program.args(["--encryption-key", KEY, "--json"]).run();
    assert_eq!(run.json()["attempts"].as_u64(), Some(2), "{}", run.errors);
    let seen = server.seen();
    // The kept connection ended in place of an answer, so a new one took the same attempt.
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|each| each.body == seen[0].body));
    let timestamp =
        |seen: &Seen| -> u64 { seen.header("webhook-timestamp").unwrap().parse().unwrap() };
    assert!(timestamp(&seen[1]) > timestamp(&seen[0]), "Retry-After asks for a second");
    for each in &seen {
        assert_eq!(opened(each, Some(KEY)), b"{\"n\":1}");
    }
}

#[test]
fn some_answers_end_it() {
    for (line, outcome) in [("410 Gone", "gone"), ("413 Too Large", "refused")] {
        let (server, program) = to(vec![status(line)]);
        let status: u16 = line[..3].parse().unwrap();
        let run = program.arg("--json").run();
        let expected = json!({
            "ok": false, "outcome": outcome, "status": status, "attempts": 1, "failure": null,
        });
        assert_eq!(not_taken(&run, 1), expected);
        assert_eq!(server.seen().len(), 1);
        let (_server, program) = to(vec![Reply::Close(format!("HTTP/1.1 {line}\r\n\r\n"))]);
        let said = program.run().refused(1, outcome);
        assert_eq!(said, format!("attempt 1: status {status}"));
    }
}

/// The status came, and what follows it has no end.
#[test]
fn a_body_without_an_end_is_not_read_to_it() {
    let head = "HTTP/1.1 200 OK\r\n\r\n".to_owned();
    let (_server, program) = to(vec![Reply::Endless(head, vec![b'x'; 1024])]);
    assert_eq!(program.run().text(), "delivered: attempt 1: status 200\n");
}

#[test]
fn attempts_run_out() {
    let elsewhere = Server::start(None, vec![status("200 OK")]);
    let location = elsewhere.url("http", "localhost");
    let redirect = format!("HTTP/1.1 307 X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let (server, program) = to(vec![status("500 X"), Reply::Write(redirect)]);
    let run = program.args(["--json", "--max-attempts", "2"]).run();
    let expected = json!({
        "ok": false, "outcome": "exhausted", "status": 307, "attempts": 2, "failure": null,
    });
    assert_eq!(not_taken(&run, 1), expected);
    assert_eq!((server.seen().len(), elsewhere.connections()), (2, 0));
}

#[test]
fn time_runs_out() {
    let parked = "HTTP/1.1 503 X\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n".to_owned();
    let (server, program) = to(vec![Reply::Write(parked)]);
    let json = not_taken(&program.args(["--json", "--max-elapsed", "60"]).run(), 1);
    assert_eq!((&json["outcome"], &json["attempts"]), (&"exhausted".into(), &1.into()));
    assert_eq!(server.seen().len(), 1);

    let (_server, program) = to(vec![Reply::Silence]);
    let json = not_taken(&program.args(["--json", "--max-elapsed", "1"]).run(), 1);
    assert_eq!(json["failure"], "timed_out");
    let (_server, program) = to(vec![Reply::Silence]);
    let json = not_taken(&program.args(["--json", "--timeout", "1", "--max-attempts=1"]).run(), 1);
    let expected = json!({
        "ok": false, "outcome": "exhausted", "status": null, "attempts": 1, "failure": "timed_out",
    });
    assert_eq!(json, expected);
}

#[test]
fn a_pinned_host_is_sent_to_and_another_is_not() {
    let authority = authority("send-pins");
    let identity = authority.identity("localhost", Validity::Now);
    let pins = [identity.pin.clone(), other_pin(1), other_pin(2)];
    let run = |server: &Server, pins: &[String]| {
        let pins = pins.iter().flat_map(|pin| ["--pin", pin]);
        let program = send(&server.url("https", "localhost")).args(pins);
        program.arg("--ca-file").arg(&authority.file).arg("--json").run()
    };
    let tls = only(&identity.tls, &rustls::version::TLS13);
    let server = Server::start(Some(tls), vec![status("200 OK")]);
    assert_eq!(run(&server, &pins[..2]).json()["ok"], true);
    assert_eq!(opened(&server.seen().remove(0), None), b"{\"n\":1}");

    let server = Server::start(Some(identity.tls), vec![status("200 OK")]);
    let refused = run(&server, &pins[1..]);
    let expected = json!({
        "ok": false, "outcome": "refused", "status": null, "attempts": 1, "failure": "pin_mismatch",
    });
    assert_eq!(not_taken(&refused, 1), expected);
    assert!(refused.errors.contains("none of the pinned ones"), "{}", refused.errors);
    assert_eq!((server.bytes(), server.connections()), (0, 1));
}

#[test]
fn an_expired_certificate_is_tried_again() {
    let authority = authority("send-expired");
    let identity = authority.identity("localhost", Validity::Past);
    let server = Server::start(Some(identity.tls), vec![status("200 OK")]);
    let program = send(&server.url("https", "localhost")).arg("--ca-file").arg(&authority.file);
    let said = program.args(["--max-attempts", "2"]).run().refused(1, "exhausted");
    let expected = "attempt 2: certificate_refused: the host's certificate has expired";
    assert_eq!(said, expected);
    assert_eq!((server.bytes(), server.connections()), (0, 2));
}

#[test]
fn an_address_that_is_not_public_ends_it() {
    let server = Server::start(None, vec![status("200 OK")]);
    for host in ["[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "[fd00::1]"] {
        let run = send(&server.url("https", host)).arg("--json").run();
        let json = not_taken(&run, 1);
        assert_eq!(json["failure"], "address_refused", "{host}");
        assert_eq!((&json["outcome"], &json["attempts"]), (&"refused".into(), &1.into()));
        assert!(run.errors.contains("(RFC "), "{}", run.errors);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_listed_network_is_reached() {
    let authority = authority("send-internal");
    let identity = authority.identity("0.0.0.0", Validity::Now);
    let server = Server::start(Some(identity.tls), vec![status("200 OK")]);
    let program = || {
        let program = send(&server.url("https", "0.0.0.0")).arg("--json");
        program.arg("--ca-file").arg(&authority.file)
    };
    assert_eq!(not_taken(&program().run(), 1)["failure"], "address_refused");
    let run = program().args(["--allow-internal", "fd00::/8", "--allow-internal=0.0.0.0"]).run();
    assert_eq!(run.json()["ok"], true, "{}", run.errors);
}

#[test]
fn a_proxy_of_the_environment_is_not_used() {
    let proxy = Server::start(None, vec![status("200 OK")]);
    let (server, mut program) = to(vec![status("202 Accepted")]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        program = program.env(name, proxy.url("http", "127.0.0.1"));
    }
    assert_eq!(program.env("NO_PROXY", "").arg("--json").run().json()["status"], 202);
    assert_eq!((server.connections(), proxy.connections()), (1, 0));
}

#[test]
fn wrong_arguments_are_2_and_nothing_is_sent() {
    let server = Server::start(None, vec![status("200 OK")]);
    let url = server.url("http", "localhost");
    let one = other_pin(1);
    let cases: [&[&str]; 12] = [
        &["--max-attempts", "0"],
        &["--max-attempts", "101"],
        &["--max-attempts", "many"],
        &["--timeout", "0"],
        &["--timeout", "2147484"],
        &["--max-elapsed", "0"],
        &["--pin", &one],
        &["--pin", &one, "--pin", "sha1/AAAA"],
        &["--allow-internal", "inside"],
        &["--ca-file", "/nowhere"],
        &["--audience", "orders"],
        &["--now", "1700000000"],
    ];
    for wrong in cases {
        send(&url).args(wrong).run().refused(2, "invalid_config");
    }
    for wrong in ["http://partner.example/", "partner.example", "https://a:MfKQ@partner.example"] {
        let said = send(wrong).run().refused(2, "invalid_config");
        assert!(!said.contains("partner") && !said.contains("MfKQ"), "{said}");
    }
    words("send --id a.b --secret").args([SECRET, &url]).run().refused(2, "invalid_id");
    words("send --id a --secret whsec_a").arg(&url).run().refused(2, "invalid_secret");
    let large = send(&url).args(["--max-body-bytes", "1"]).run();
    large.refused(1, "body_too_large");
    assert_eq!(server.connections(), 0);
}

#[test]
fn nothing_secret_is_shown() {
    let closing = || vec![Reply::Close("HTTP/1.1 500 MfKQ\r\nmfkq: MfKQ\r\n\r\nMfKQ".to_owned())];
    for json in [&[][..], &["--json"]] {
        let (_server, program) = to(closing());
        let run = program.args(["--max-attempts", "1"]).args(json).input("payload").run();
        let all = String::from_utf8(run.output).unwrap() + &run.errors;
        assert!(run.exit == 1 && all.contains("exhausted"), "{all}");
        for secret in ["MfKQ", "mfkq", "payload", "token", "v1,"] {
            assert!(!all.contains(secret), "{secret}: {all}");
        }
    }
}

/// Ctrl-C, while the host is silent.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_it() {
    let (server, program) = to(vec![Reply::Silence]);
    let mut child = program.arg("--json").spawn();
    child.stdin.take().unwrap().write_all(b"{}").unwrap();
    while server.seen().is_empty() {
        std::thread::yield_now();
    }
    let interrupt = ["-INT", &child.id().to_string()];
    assert!(std::process::Command::new("kill").args(interrupt).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!({
        "ok": false, "outcome": "interrupted", "status": null, "attempts": 1, "failure": null,
    });
    assert_eq!(json, expected);
}
