//! `--header` and `--request`: bytes in, whatever they are.

use crate::program::{NOW, Program, SECRET, words};

fn sealed() -> String {
    words("seal --id evt_1 --secret").args([SECRET, "--now", NOW]).input("a\n\nb\r\n").run().text()
}

fn open() -> Program {
    words("open --now").args([NOW, "--secret", SECRET])
}

#[test]
fn lines_may_end_as_in_http() {
    let (head, body) =
        sealed().split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let request = format!("{}\r\n\r\n{body}", head.replace('\n', "\r\n"));
    assert_eq!(open().args(["--request", "-"]).input(request).run().text(), "a\n\nb\r\n");
}

#[test]
fn a_header_is_read_as_http_does() {
    let sealed = sealed();
    let (head, body) = sealed.split_once("\n\n").unwrap();
    let headers = head.lines().map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        format!("--header={}:\t {value} \t", name.to_uppercase())
    });
    assert_eq!(open().args(headers).input(body).run().text(), body);
}

#[test]
fn a_request_of_another_shape_is_refused() {
    let cases: [&[u8]; 6] = [
        b"",
        b"webhook-id: evt_1",
        b"webhook-id: evt_1\nwebhook-timestamp: 1700000000\n",
        b"POST /hooks HTTP/1.1\nwebhook-id: evt_1\n\n{}",
        b"webhook-id: evt_1\n\xff\xfe\n\n",
        b"{}",
    ];
    for request in cases {
        let said = open().args(["--request", "-"]).input(request).run();
        said.refused(2, "invalid_config");
    }
    let said = open().args(["--request", "-"]).input(cases[3]).run().refused(2, "invalid_config");
    assert!(said.contains("line 1"), "{said}");
    let head = format!("a: {}\n\n", "x".repeat(1 << 20));
    open().args(["--request", "-"]).input(head).run().refused(2, "invalid_config");
    let said = open().args(["--request", "/not/there"]).run().refused(2, "invalid_config");
    assert!(said.contains("the request /not/there cannot be read"), "{said}");
}

#[test]
fn a_header_without_a_colon_is_refused() {
    let said = open().args(["--header", "a:b", "--header", "webhook-id"]).run();
    let said = said.refused(2, "invalid_config");
    assert!(said.starts_with("header 2 "), "{said}");
}

#[test]
fn a_missing_header_says_what_is_there_instead() {
    let said =
        open().args(["--header", "Stripe-Signature: t=1"]).run().refused(1, "missing_header");
    assert!(said.contains("webhook-id") && said.contains("Stripe"), "{said}");
}

#[test]
fn bytes_in_a_request_are_no_reason_to_fail() {
    let (head, body) =
        sealed().split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let with = |line: &[u8]| [line, b"\n", head.as_bytes(), b"\n\n", body.as_bytes()].concat();
    for line in [&b"x-\xff: \xfe\0"[..], b"x-name: \xc3\xa9", b":"] {
        open().args(["--request", "-"]).input(with(line)).run().accepted();
    }
    let twice = with(b"webhook-id: \xff");
    open().args(["--request", "-"]).input(twice).run().refused(1, "duplicate_header");
}

#[cfg(unix)]
#[test]
fn bytes_in_an_argument_are_no_reason_to_fail() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let sealed = sealed();
    let (head, body) = sealed.split_once("\n\n").unwrap();
    let headers: Vec<_> = head.lines().map(|line| format!("--header={line}")).collect();
    let open = || open().args(&headers).input(body);
    open().args(["--header"]).arg(OsStr::from_bytes(b"x-\xff: \xfe")).run().accepted();
    let signature = OsStr::from_bytes(b"webhook-signature: \xff");
    open().arg("--header").arg(signature).run().refused(1, "malformed_signature");
    let said = open().arg("--secret").arg(OsStr::from_bytes(b"\xff")).run();
    said.refused(2, "invalid_config");
    let said = open().arg(OsStr::from_bytes(b"--\xff")).run();
    said.refused(2, "invalid_config");
}
