//! Floods that try to exhaust the gateway's memory, with legitimate senders beside them.
//!
//! Each prints the peak of the gateway's memory: run with `--nocapture` to see it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use crate::http2_frames as frames;
use crate::message::{SECRET, connect_from, read_answer, request, sender};
use crate::running::{Application, Gateway, Place, eventually};

const PATH: &str = "/hooks/orders";
/// Source addresses of the attacker and of legitimate senders.
const ATTACKER: [u8; 4] = [127, 0, 0, 1];
const GOOD: [u8; 4] = [127, 0, 0, 2];
/// `POSTSEAL_FLOOD` sets another number for a soak test: 256 connections send 45 MB of headers.
const CONNECTIONS: usize = 48;
/// Streams of a connection: as many as the gateway allows at once.
const STREAMS: u32 = 100;
/// How long a legitimate sender waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
const PEAK_KIB_MAX: u64 = 200 << 10;
/// Memory that may remain in use shortly after the attacker has disconnected.
const LEFT_KIB_MAX: u64 = 64 << 10;

/// Sends valid messages from another address, each over a connection of its own.
fn good_senders(place: &Place, prefix: &str) -> std::io::Result<()> {
    let sender = sender(SECRET, None);
    for number in 0..20 {
        let request = request(&sender, PATH, &format!("{prefix}_{number}"), b"{}");
        let mut stream = connect_from(GOOD, place.listen)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&request)?;
        let status = read_answer(&mut stream)?.status;
        assert!(matches!(status, 200 | 202), "{prefix}_{number}: {status}");
    }
    Ok(())
}

/// Sends valid messages during an attack and after it, and checks the gateway's memory.
fn withstands(name: &str, place: &Place, gateway: &Gateway, attack: &[TcpStream]) {
    let during = good_senders(place, "during");
    let peak = gateway.memory_kib().map_or(0, |(_, peak)| peak);
    println!("{name}: peak {} MiB", peak >> 10);
    // A thread reads from a clone of each stream, so dropping the stream would not close it.
    attack.iter().for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    eventually("good senders are answered after the attack", || {
        good_senders(place, "after").is_ok()
    });
    let left = || gateway.memory_kib().map_or(0, |(now, _)| now);
    during.expect("good senders are answered during the attack");
    assert!(peak <= PEAK_KIB_MAX, "{name}: peak of {peak} KiB");
    eventually("memory is given back", || left() <= LEFT_KIB_MAX);
    println!("{name}: left {} MiB", left() >> 10);
}

/// A connection whose answers are read and discarded, so that they never block the gateway.
fn drained(stream: TcpStream) -> TcpStream {
    let mut reading = stream.try_clone().unwrap();
    thread::spawn(move || while reading.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {});
    stream
}

fn connections() -> usize {
    std::env::var("POSTSEAL_FLOOD").map_or(CONNECTIONS, |text| text.parse().unwrap())
}

/// Starts a gateway, and sends these bytes over each of many connections.
fn flood(name: &str, connections: usize, bytes: impl Fn(&Place) -> Vec<u8>) {
    let (place, application) = (Place::new(name), Application::start());
    place.configure("", &application.url(), "");
    // Logging each frame would be most of the work.
    let gateway = place.start_in(&[("POSTSEAL_LOG", "info".into())]);
    let bytes = bytes(&place);
    let crowd: Vec<_> = (0..connections)
        .map(|_| {
            let mut stream = drained(connect_from(ATTACKER, place.listen).unwrap());
            // The gateway may close the connection.
            let _ = stream.write_all(&bytes);
            stream
        })
        .collect();
    println!(
        "{name}: {} MB sent over {connections} connections",
        bytes.len() * connections / 1_000_000
    );
    withstands(name, &place, &gateway, &crowd);
    gateway.end();
}

/// One-byte references to the static table: `age: ` counts 35 bytes of the header list.
fn header_lists(path: &str, place: &Place, headers: usize, ends: bool) -> Vec<u8> {
    let block = frames::block(path, place.listen, &vec![frames::AGE; headers]);
    let streams = (0..STREAMS).flat_map(|number| frames::headers(1 + 2 * number, &block, ends));
    frames::preface().into_iter().chain(streams).collect()
}

#[test]
fn header_lists_of_open_streams_are_bounded_together() {
    flood("headers-open", connections(), |place| header_lists(PATH, place, 1800, false));
}

#[test]
fn header_lists_of_ended_streams_are_bounded_together() {
    flood("headers-ended", connections(), |place| header_lists(PATH, place, 1800, true));
}

#[test]
fn header_lists_for_an_unknown_path_are_bounded_together() {
    flood("headers-lost", connections(), |place| header_lists("/", place, 1800, false));
}

/// A header list just under 16 KiB, of more headers than a head may have.
#[test]
fn header_lists_of_the_maximum_size_are_bounded_together() {
    flood("headers-many", connections(), |place| header_lists(PATH, place, 450, false));
}

/// As many short headers as a head may have, in as many streams as a connection may have.
#[test]
fn heads_of_the_maximum_number_of_headers_are_bounded_together() {
    flood("heads-short", connections(), |place| header_lists(PATH, place, 99, false));
}

#[test]
fn heads_of_the_maximum_size_are_bounded_together() {
    flood("heads-long", connections(), |place| {
        let header = |number: usize| frames::header(&format!("a{number}"), &"a".repeat(110));
        let headers: Vec<u8> = (0..90).flat_map(header).collect();
        let block = frames::block(PATH, place.listen, &headers);
        let streams = (0..9).flat_map(|number| frames::headers(1 + 2 * number, &block, false));
        frames::preface().into_iter().chain(streams).collect()
    });
}

#[test]
fn frames_that_the_dynamic_table_keeps_are_bounded_together() {
    flood("headers-kept", connections(), |place| {
        let long = frames::header("a", &"a".repeat(15_000));
        let mut bytes = frames::preface();
        for number in 0..120 {
            let kept = frames::kept_header("b", &number.to_string());
            let block = frames::block("/", place.listen, &[long.as_slice(), &kept].concat());
            bytes.extend(frames::headers(1 + 2 * number, &block, true));
        }
        bytes
    });
}

/// Answers that wait for a window which the client never opens.
#[test]
fn answers_that_are_not_read_are_bounded_together() {
    flood("answers-unread", 4 * connections(), |place| {
        let block = frames::block("/", place.listen, &[]);
        let streams = (0..STREAMS).flat_map(|number| frames::headers(1 + 2 * number, &block, true));
        frames::preface_without_window().into_iter().chain(streams).collect()
    });
}

#[test]
fn unfinished_heads_are_bounded_together() {
    flood("heads-endless", 1000, |_| {
        let head = format!("POST {PATH} HTTP/1.1\r\nhost: a\r\n");
        let headers = format!("a: {}\r\n", "a".repeat(600)).repeat(90);
        [head, headers].concat().into_bytes()
    });
}
