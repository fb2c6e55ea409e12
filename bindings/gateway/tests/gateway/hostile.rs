//! Clients that mean no good, and good ones beside them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::message::{OTHER_SECRET, SECRET, exchange, read_answer, request, sender};
use crate::running::{Application, Place};

const PATH: &str = "/hooks/orders";

/// Writes, and reads until the server answers or closes. `None`: it closed.
fn provoke(place: &Place, bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(place.listen).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.write_all(bytes);
    read_answer(&mut stream).ok().map(|answer| answer.status)
}

#[test]
fn what_is_no_request_is_refused_and_good_ones_pass() {
    let (place, application) = (Place::new("hostile"), Application::start());
    let general = "header_timeout_seconds = 1\nbody_timeout_seconds = 1\nconnections_max = 100";
    place.configure(general, &application.url(), "max_body_bytes = 10000");
    let _gateway = place.start();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: a\r\n");
    let smuggled = [
        format!("{head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("{head}content-length: 4\r\ncontent-length: 5\r\n\r\nabcd"),
        format!("{head}content-length: -1\r\n\r\n"),
        format!("{head}content-length: 99999999999999999999\r\n\r\n"),
        format!("{head}transfer-encoding: gzip\r\n\r\nabcd"),
        format!("{head}transfer-encoding : chunked\r\n\r\n0\r\n\r\n"),
        format!("{head}a: {}\r\n\r\n", "a".repeat(200_000)),
        format!("{head}{}\r\n", "a: b\r\n".repeat(500)),
        "GARBAGE\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense that is no frame".to_owned(),
    ];
    for bytes in &smuggled {
        let status = provoke(&place, bytes.as_bytes());
        let first = bytes.chars().take(120).collect::<String>();
        assert!(status.is_none_or(|status| status >= 400), "{status:?}: {first}");
    }
    let endless = format!(
        "{head}transfer-encoding: chunked\r\n\r\n{}",
        "400\r\n".to_owned() + &"a".repeat(1024) + "\r\n"
    );
    let endless = endless + &format!("400\r\n{}\r\n", "a".repeat(1024)).repeat(20);
    assert_eq!(provoke(&place, endless.as_bytes()), Some(413));
    assert_eq!(
        provoke(&place, format!("{head}content-length: 10\r\n\r\nabc").as_bytes()),
        Some(408)
    );
    // A head that does not end, and a connection that says nothing.
    assert_eq!(provoke(&place, b"POST /hooks"), None);
    assert_eq!(provoke(&place, b"PR"), None);
    assert_eq!(provoke(&place, b""), None);

    let sender = sender(SECRET, None);
    assert_eq!(place.send(&request(&sender, PATH, "evt_1", b"{}")), 202);
}

#[test]
fn connections_over_the_limit_are_closed_and_the_limit_is_given_back() {
    let (place, application) = (Place::new("crowd"), Application::start());
    place.configure("connections_max = 20", &application.url(), "");
    let _gateway = place.start();
    let crowd: Vec<_> = (0..40).map(|_| TcpStream::connect(place.listen).unwrap()).collect();
    let closed = crowd.iter().filter(|stream| {
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        matches!((&**stream).read(&mut [0]), Ok(0))
    });
    assert!(closed.count() >= 20);
    drop(crowd);
    let request = request(&sender(SECRET, None), PATH, "evt_1", b"{}");
    crate::running::eventually("a good one passes", || {
        crate::message::try_exchange(place.listen, &request).is_ok_and(|answer| answer.status < 300)
    });
}

#[test]
fn whoever_says_that_it_is_http2_and_no_more_makes_room_for_others() {
    let (place, application) = (Place::new("preface"), Application::start());
    let general = "connections_max = 5\nheader_timeout_seconds = 1";
    place.configure(general, &application.url(), "");
    let _gateway = place.start();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let _crowd: Vec<_> = (0..5)
        .map(|length| {
            let mut stream = TcpStream::connect(place.listen).unwrap();
            stream.write_all(&preface[..3 + 5 * length]).unwrap();
            stream
        })
        .collect();
    let request = request(&sender(SECRET, None), PATH, "evt_1", b"{}");
    let send = || crate::message::try_exchange(place.listen, &request);
    crate::running::eventually("a good one passes", || send().is_ok_and(|it| it.status < 300));
}

#[test]
fn a_connection_that_its_client_closes_after_a_byte_is_given_back() {
    let (place, application) = (Place::new("byte"), Application::start());
    let general = "connections_max = 1\nheader_timeout_seconds = 3600";
    place.configure(general, &application.url(), "");
    let _gateway = place.start();
    TcpStream::connect(place.listen).unwrap().write_all(b"P").unwrap();
    let request = request(&sender(SECRET, None), PATH, "evt_1", b"{}");
    crate::running::eventually("a good one passes", || {
        crate::message::try_exchange(place.listen, &request).is_ok_and(|answer| answer.status < 300)
    });
}

#[test]
fn bad_signatures_in_number_change_nothing() {
    let (place, application) = (Place::new("forged"), Application::start());
    place.configure("", &application.url(), "");
    let gateway = place.start();
    let forged = request(&sender(OTHER_SECRET, None), PATH, "evt_1", b"{}");
    let mut stream = TcpStream::connect(place.listen).unwrap();
    for _ in 0..10_000 {
        stream.write_all(&forged).unwrap();
        assert_eq!(read_answer(&mut stream).unwrap().status, 401);
    }
    assert_eq!(place.send(&request(&sender(SECRET, None), PATH, "evt_1", b"{}")), 202);
    let get = exchange(place.admin, b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(get.status, 200);
    gateway.end();
}
