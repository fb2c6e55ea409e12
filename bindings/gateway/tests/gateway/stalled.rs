//! The store does not answer for a while, and large events keep coming: memory stays within its
//! bound, senders are told to retry, and everything works again afterwards.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::message::{SECRET, connect_from, exchange, read_answer, request, sender, try_exchange};
use crate::postgres_server::PostgresServer;
use crate::running::{Application, Gateway, Place, eventually};

const PATH: &str = "/hooks/orders";
/// Nearly the default maximum size of a message.
const PAYLOAD_BYTES: usize = 1_000_000;
/// Senders, each at an address of its own; `POSTSEAL_STALLED_SENDERS` sets another number for a
/// soak test. Two thirds of them give up early and retry.
const SENDERS: usize = 24;
const PATIENCE: Duration = Duration::from_millis(400);
/// `POSTSEAL_STALLED_SECONDS` sets another duration for a soak test.
const STALLED: Duration = Duration::from_secs(20);
/// Twice the memory of events that wait for the store. 300 senders reached 196 MiB.
const PEAK_KIB_MAX: u64 = 256 << 10;
/// Memory that may remain in use shortly afterwards.
const LEFT_KIB_MAX: u64 = 128 << 10;

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
    let before = memory(&gateway).0;

    let stalled = stall();
    let sent = send_meanwhile(place);
    let (after, peak) = memory(&gateway);
    println!(
        "{} MiB sent; memory in MiB: {} before the stall, {} at its end, {} at most",
        sent >> 20,
        before >> 10,
        after >> 10,
        peak >> 10,
    );
    let ready = exchange(place.admin, b"GET /readyz HTTP/1.1\r\nhost: test\r\n\r\n").status;
    assert_eq!(ready, 503);
    resume(stalled);

    eventually("an event is accepted", || {
        let good = request(&sender, PATH, "evt_after", b"{}");
        try_exchange(place.listen, &good).is_ok_and(|answer| [200, 202].contains(&answer.status))
    });
    eventually("it is delivered", || application.seen_ids().contains("evt_after"));
    assert!(peak <= PEAK_KIB_MAX, "a peak of {peak} KiB");
    eventually("memory is given back", || memory(&gateway).0 <= LEFT_KIB_MAX);
    println!("{} MiB later", memory(&gateway).0 >> 10);
    gateway.end();
}

/// Sends until the end of the stall, and returns how many bytes were sent. No event may be
/// acknowledged.
fn send_meanwhile(place: &Place) -> usize {
    let longest = std::env::var("POSTSEAL_STALLED_SECONDS")
        .map_or(STALLED, |text| Duration::from_secs(text.parse().unwrap()));
    let senders =
        std::env::var("POSTSEAL_STALLED_SENDERS").map_or(SENDERS, |text| text.parse().unwrap());
    let (stop, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    let sender = sender(SECRET, None);
    let message = |number: usize| {
        let id = format!("evt_{number}");
        request(&sender, PATH, &id, &vec![b'1'; PAYLOAD_BYTES])
    };
    let requests: Vec<_> = (0..senders).map(message).collect();
    thread::scope(|scope| {
        for (number, request) in requests.iter().enumerate() {
            let (stop, sent) = (&stop, &sent);
            scope.spawn(move || {
                let [.., high, low] = number.to_be_bytes();
                while !stop.load(Ordering::Relaxed) {
                    let mut stream = connect_from([127, 1, high, low], place.listen).unwrap();
                    // A gateway that refuses a request need not read all of it.
                    let _ = stream.write_all(request);
                    match number % 3 {
                        0 => {
                            let status = read_answer(&mut stream).map(|answer| answer.status);
                            assert!(status.as_ref().is_ok_and(|&it| it == 503), "{status:?}");
                        }
                        _ => thread::sleep(PATIENCE),
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

/// Resident memory now and at its peak, in KiB; 0 if the system has no `/proc`.
fn memory(gateway: &Gateway) -> (u64, u64) {
    gateway.memory_kib().unwrap_or_default()
}
