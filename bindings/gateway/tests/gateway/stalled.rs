//! The store answers nothing for a while, and large events keep coming: memory stays within its
//! bound, senders are told to come back, and afterwards all goes on.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::message::{SECRET, exchange, request, sender, try_exchange};
use crate::postgres_server::PostgresServer;
use crate::running::{Application, Gateway, Place, eventually};

const PATH: &str = "/hooks/orders";
/// As long as a message may be by default, or nearly so.
const PAYLOAD_BYTES: usize = 1_000_000;
/// Senders that wait for an answer, and senders that give up soon and come back.
const PATIENT: usize = 8;
const IMPATIENT: usize = 16;
const PATIENCE: Duration = Duration::from_millis(400);
/// `POSTSEAL_STALLED_SECONDS` has more for a soak.
const STALLED: Duration = Duration::from_secs(20);
/// Each of the 24 senders has one request: its body, its event, and copies on the way. Twice the
/// budget of events that wait, which is in src/store/waiting.rs, is more than enough for that.
const PEAK_BYTES: usize = 256 << 20;

#[test]
fn while_sqlite_is_stalled_memory_is_bounded() {
    let place = Place::new("stalled");
    let stall = || {
        let other = Connection::open(place.store()).unwrap();
        other.busy_timeout(Duration::from_secs(10)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        other
    };
    stalled(&place, stall, |other| other.execute_batch("ROLLBACK").unwrap());
}

#[test]
fn while_postgres_is_frozen_memory_is_bounded() {
    let Some(server) = PostgresServer::start("stalled", &[]) else { return };
    let place = Place::with_store("stalled-postgres", &server.database());
    stalled(&place, || server.signal_each("STOP"), |()| server.signal_each("CONT"));
}

fn stalled<T>(place: &Place, stall: impl FnOnce() -> T, resume: impl FnOnce(T)) {
    let application = Application::start();
    place.configure("", &application.url(), "");
    let gateway = place.start();
    let sender = sender(SECRET, None);
    let payload = |mark: u8| vec![mark; PAYLOAD_BYTES];
    assert_eq!(place.send(&request(&sender, PATH, "evt_before", &payload(b'0'))), 202);
    eventually("the first is delivered", || application.seen_ids().contains("evt_before"));
    let before = memory(&gateway, "VmRSS");

    let stalled = stall();
    let sent = send_meanwhile(place);
    let (peak, after) = (memory(&gateway, "VmHWM"), memory(&gateway, "VmRSS"));
    println!(
        "{} MiB sent; memory in MiB: {} before the stall, {} at its end, {} at most",
        sent >> 20,
        before >> 20,
        after >> 20,
        peak >> 20,
    );
    let ready = exchange(place.admin, b"GET /readyz HTTP/1.1\r\nhost: test\r\n\r\n").status;
    assert_eq!(ready, 503);
    resume(stalled);

    eventually("an event is accepted", || {
        let good = request(&sender, PATH, "evt_after", b"{}");
        try_exchange(place.listen, &good).is_ok_and(|answer| [200, 202].contains(&answer.status))
    });
    eventually("it is delivered", || application.seen_ids().contains("evt_after"));
    let last = memory(&gateway, "VmRSS");
    println!("{} MiB later", last >> 20);
    assert!(peak < PEAK_BYTES, "{} MiB", peak >> 20);
    gateway.end();
}

/// Sends until the stall has lasted, and answers with how many bytes that were. No event may be
/// acknowledged.
fn send_meanwhile(place: &Place) -> usize {
    let longest = std::env::var("POSTSEAL_STALLED_SECONDS")
        .map_or(STALLED, |text| Duration::from_secs(text.parse().unwrap()));
    let (stop, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    let sender = sender(SECRET, None);
    let message = |number: usize| {
        let id = format!("evt_{number}");
        request(&sender, PATH, &id, &vec![b'1'; PAYLOAD_BYTES])
    };
    let requests: Vec<_> = (0..PATIENT + IMPATIENT).map(message).collect();
    thread::scope(|scope| {
        for (number, request) in requests.iter().enumerate() {
            let (stop, sent) = (&stop, &sent);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    if number < PATIENT {
                        let answer = exchange(place.listen, request);
                        assert_eq!(answer.status, 503, "{answer:?}");
                    } else {
                        send_and_leave(place.listen, request);
                    }
                    sent.fetch_add(request.len(), Ordering::Relaxed);
                }
            });
        }
        thread::sleep(longest);
        stop.store(true, Ordering::Relaxed);
    });
    sent.into_inner()
}

/// As a sender does whose own time-out is short.
fn send_and_leave(address: SocketAddr, request: &[u8]) {
    let mut stream = TcpStream::connect(address).unwrap();
    let _ = stream.write_all(request);
    thread::sleep(PATIENCE);
}

/// A line of Linux's `/proc/PID/status`, in bytes; 0 elsewhere.
fn memory(gateway: &Gateway, name: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.id()));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kibibytes = line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse().unwrap());
    kibibytes << 10
}
