//! Killed in the middle: nothing acknowledged is lost, and nothing is accepted twice.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::message::{SECRET, request, sender, try_exchange};
use crate::postgres_server::PostgresServer;
use crate::running::{Application, Gateway, Place, eventually};

/// `POSTSEAL_KILLS` has more for a soak. PostgreSQL, which takes longer to come back, is killed a
/// third as often.
const KILLS: u64 = 12;
const PRODUCERS: usize = 4;

#[test]
fn nothing_acknowledged_is_lost_when_it_is_killed() {
    kill_under_load(&Place::new("crash"));
}

#[test]
fn nothing_acknowledged_is_lost_when_it_is_killed_before_postgres() {
    let Some(server) = PostgresServer::shared() else { return };
    kill_under_load(&Place::with_store("crash-postgres", &server.database()));
}

#[test]
fn nothing_acknowledged_is_lost_when_postgres_is_killed() {
    let Some(server) = PostgresServer::start("killed", &[]) else { return };
    let place = Place::with_store("killed-postgres", &server.database());
    let running = std::cell::OnceCell::new();
    under_load(&place, || {
        running.get_or_init(|| place.start());
        for kill in 0..kills().div_ceil(3) {
            thread::sleep(Duration::from_millis(300 + kill * 37 % 211));
            server.stop("QUIT");
            server.resume();
        }
        running.into_inner().unwrap()
    });
}

fn kills() -> u64 {
    std::env::var("POSTSEAL_KILLS").map_or(KILLS, |text| text.parse().unwrap())
}

/// The points differ from run to run anyway; the spread of them is what matters.
fn kill_under_load(place: &Place) {
    let kills = kills();
    under_load(place, || {
        for kill in 0..kills {
            let gateway = place.start();
            thread::sleep(Duration::from_millis(40 + kill * 37 % 211));
            gateway.kill();
        }
        println!("{kills} kills");
        place.start()
    });
}

/// Sends while `disturb` goes on, which leaves a gateway that runs; all that was acknowledged must
/// arrive.
fn under_load(place: &Place, disturb: impl FnOnce() -> Gateway) {
    let application = Application::start();
    // A lease ends 15 s after the time-out: one second makes for a short test.
    place.configure("", &application.url(), "timeout_seconds = 1");
    let accepted: Arc<Mutex<BTreeMap<String, u32>>> = Arc::default();
    let stop = Arc::new(AtomicBool::new(false));
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let (accepted, stop) = (Arc::clone(&accepted), Arc::clone(&stop));
            let listen = place.listen;
            thread::spawn(move || produce(producer, listen, &accepted, &stop))
        })
        .collect();
    let gateway = disturb();
    stop.store(true, Ordering::Relaxed);
    producers.into_iter().for_each(|producer| producer.join().unwrap());

    let accepted = accepted.lock().unwrap().clone();
    assert!(accepted.len() > 20, "only {} were accepted", accepted.len());
    assert!(accepted.values().all(|&times| times == 1), "accepted twice");
    eventually("all that was acknowledged is delivered", || {
        let seen: BTreeSet<String> = application
            .seen()
            .into_iter()
            .map(|delivered| String::from_utf8(delivered.body).unwrap())
            .collect();
        accepted.keys().all(|id| seen.contains(id))
    });
    let repeats = application.seen().len() - accepted.len().min(application.seen().len());
    println!("{} accepted, {repeats} delivered more than once", accepted.len());
    gateway.end();
}

/// An attempt counts from its beginning: an event that kills gateways must not do so for ever.
#[test]
fn an_attempt_that_dies_with_its_gateway_counts() {
    let place = Place::new("last");
    // It takes connections, and never answers.
    let tar_pit = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    tar_pit.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", tar_pit.local_addr().unwrap());
    place.configure("", &url, "timeout_seconds = 2\nmax_attempts = 1");
    let gateway = place.start();
    assert_eq!(place.send(&request(&sender(SECRET, None), "/hooks/orders", "evt_1", b"{}")), 202);
    let mut attempt = None;
    eventually("the attempt has begun", || {
        attempt = tar_pit.accept().ok();
        attempt.is_some()
    });
    gateway.kill();
    let gateway = place.start();
    let event = || place.json(&["events", "list"])["events"][0].clone();
    eventually("it is given up", || event()["state"] == "dead");
    assert_eq!(event()["last_result"], "exhausted");
    assert!(tar_pit.accept().is_err(), "it was tried again");
    gateway.end();
}

/// Sends each event until it is acknowledged, and then once more.
fn produce(
    producer: usize,
    listen: std::net::SocketAddr,
    accepted: &Mutex<BTreeMap<String, u32>>,
    stop: &AtomicBool,
) {
    let sender = sender(SECRET, None);
    for number in 0.. {
        let id = format!("evt_{producer}_{number}");
        let mut acknowledged = 0;
        while acknowledged < 2 {
            let request = request(&sender, "/hooks/orders", &id, id.as_bytes());
            match try_exchange(listen, &request).map(|answer| answer.status) {
                Ok(202) => {
                    *accepted.lock().unwrap().entry(id.clone()).or_default() += 1;
                    acknowledged += 1;
                }
                // Accepted before, perhaps in an answer that the kill has cut off.
                Ok(200) => {
                    accepted.lock().unwrap().entry(id.clone()).or_insert(1);
                    acknowledged += 1;
                }
                // 503: its database is away.
                Ok(status) if status != 503 => panic!("{id}: {status}"),
                _ => thread::sleep(Duration::from_millis(5)),
            }
        }
        if stop.load(Ordering::Relaxed) {
            return;
        }
    }
}
