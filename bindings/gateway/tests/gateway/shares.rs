//! One address takes as much as it can, and clients at other addresses are still answered.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::http2_frames as frames;
use crate::message::{SECRET, connect_from, exchange, read_answer, request, sender};
use crate::running::{Application, Place, eventually};

const PATH: &str = "/hooks/orders";
/// Other connections of the tests come from 127.0.0.1.
const OTHER_ADDRESS: [u8; 4] = [127, 0, 0, 2];

fn request_of(id: &str, payload: &[u8]) -> Vec<u8> {
    request(&sender(SECRET, None), PATH, id, payload)
}

#[test]
fn one_address_holds_no_more_than_a_share_of_all_bodies() {
    let (place, application) = (Place::new("bodies"), Application::start());
    place.configure("", &application.url(), "max_body_bytes = 33554432");
    let gateway = place.start();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 33554432\r\n\r\n");
    let part = vec![b'a'; 31 << 20];
    let mut crowd: Vec<_> = (0..10)
        .map(|_| {
            let mut stream = TcpStream::connect(place.listen).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            // The gateway stops reading a request that it refuses.
            let _ = stream.write_all(&part);
            stream
        })
        .collect();
    let refused = crowd.iter_mut().filter_map(|stream| {
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        read_answer(stream).ok().map(|answer| answer.status)
    });
    let refused: Vec<u16> = refused.collect();
    assert_eq!(refused, [503; 9], "one of 31 MiB is within a sixth of 256 MiB");
    // Another client of the same source, while the one is still open.
    let request = request_of("evt_1", &vec![b'a'; 1 << 20]);
    let mut other = connect_from(OTHER_ADDRESS, place.listen).unwrap();
    other.write_all(&request).unwrap();
    assert_eq!(read_answer(&mut other).unwrap().status, 202);
    if let Some((_, peak)) = gateway.memory_kib() {
        println!("bodies: peak {} MiB", peak >> 10);
        assert!(peak < 200 << 10, "{peak} KiB");
    }
    drop(crowd);
    let other = request_of("evt_2", b"{}");
    eventually("the share is given back", || place.send(&other) < 300);
}

#[test]
fn one_address_does_not_hold_all_connections() {
    let (place, application) = (Place::new("hoard"), Application::start());
    place.configure("connections_max = 100", &application.url(), "");
    let _gateway = place.start();
    let hoard: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(place.listen).unwrap();
            // The gateway closes connections beyond the share.
            let _ = stream.write_all(&frames::preface());
            stream
        })
        .collect();
    let request = request_of("evt_1", b"{}");
    let mut other = connect_from(OTHER_ADDRESS, place.listen).unwrap();
    other.write_all(&request).unwrap();
    assert_eq!(read_answer(&mut other).unwrap().status, 202);
    drop(hoard);
}

#[test]
fn ten_greedy_addresses_leave_room_for_the_next() {
    let (place, application) = (Place::new("ten"), Application::start());
    place.configure("connections_max = 200", &application.url(), "");
    let _gateway = place.start();
    let greedy: Vec<_> = (1..=10)
        .flat_map(|number| (0..60).map(move |_| [127, 0, 2, number]))
        .map(|address| connect_from(address, place.listen).unwrap())
        .collect();
    let request = request_of("evt_1", b"{}");
    let mut other = connect_from(OTHER_ADDRESS, place.listen).unwrap();
    other.write_all(&request).unwrap();
    assert_eq!(read_answer(&mut other).unwrap().status, 202);
    drop(greedy);
}

#[test]
fn a_trusted_proxy_has_the_connections_of_all_its_clients() {
    let (place, application) = (Place::new("proxy"), Application::start());
    let general = "connections_max = 100\ntrusted_proxies = [\"127.0.0.1\"]";
    place.configure(general, &application.url(), "");
    let _gateway = place.start();
    // One connection is left for the request at the end.
    let crowd: Vec<_> = (0..99).map(|_| TcpStream::connect(place.listen).unwrap()).collect();
    let request = request_of("evt_1", b"{}");
    assert_eq!(place.send(&request), 202);
    drop(crowd);
}

/// 400 connections from 50 addresses.
fn crowd_of_many(place: &Place) -> Vec<TcpStream> {
    let addresses = (1..=50).map(|number| [127, 0, 1, number]);
    let connect = |address| (0..8).map(move |_| connect_from(address, place.listen).unwrap());
    addresses.flat_map(connect).collect()
}

/// The gateway may raise its own soft limit, but not the hard limit.
#[test]
fn a_soft_limit_of_open_files_is_raised() {
    let (place, application) = (Place::new("soft-limit"), Application::start());
    place.configure("connections_max = 500", &application.url(), "");
    let gateway = place.start_under("ulimit -Sn 150; ulimit -Hn 1024");
    let crowd = crowd_of_many(&place);
    eventually("all are taken", || place.metric("postseal_connections") >= 400.0);
    drop(crowd);
    assert!(!gateway.end().contains("open files"));
}

#[test]
fn a_low_limit_of_open_files_is_reported_and_deliveries_still_work() {
    let (place, application) = (Place::new("hard-limit"), Application::start());
    place.configure("connections_max = 1000", &application.url(), "");
    let limit = "ulimit -Sn 300; ulimit -Hn 300";
    let checked = place.output_under(limit, &["check"]);
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(told.contains("the limit of open files is 300"), "{told}");
    let gateway = place.start_under(limit);
    let crowd = crowd_of_many(&place);
    let refused = "postseal_refused_connections_total";
    eventually("the surplus is refused", || place.metric(refused) >= 200.0);
    // The store and deliveries work while senders have no connection left.
    let shown = place.run(&["events", "list"]);
    assert!(shown.status.success());
    application.answer("500 Internal Server Error");
    drop(crowd);
    let request = request_of("evt_1", b"{}");
    eventually("it is received", || {
        crate::message::try_exchange(place.listen, &request).is_ok_and(|it| it.status < 300)
    });
    eventually("it is tried", || !application.seen().is_empty());
    let crowd = crowd_of_many(&place);
    application.answer("204 No Content");
    eventually("it is delivered in a crowd", || place.pending() == Some(0.0));
    assert_eq!(exchange(place.admin, b"GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n").status, 200);
    drop(crowd);
    let log = gateway.end();
    assert!(log.contains("the limit of open files is 300"), "{log}");
    assert!(!log.contains("could not be accepted"), "{log}");
}

#[test]
fn a_limit_that_leaves_no_connections_is_an_error() {
    let (place, application) = (Place::new("no-limit"), Application::start());
    place.configure("", &application.url(), "");
    let output = place.output_under("ulimit -Sn 64; ulimit -Hn 64", &["check"]);
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("the limit of open files is 64"), "{told}");
}
