//! How it ends: what it has begun is done, and what it holds is given back.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::message::{SECRET, exchange, read_answer, request, sender};
use crate::postgres_server::PostgresServer;
use crate::running::{Application, Gateway, Place, eventually};

#[test]
fn a_request_that_has_begun_is_answered() {
    let (place, application) = (Place::new("shutdown"), Application::start());
    place.configure("", &application.url(), "");
    let gateway = place.start();
    let request = request(&sender(SECRET, None), "/hooks/orders", "evt_1", b"{\"n\":1}");
    let (first, rest) = request.split_at(request.len() - 3);
    let mut stream = TcpStream::connect(place.listen).unwrap();
    stream.write_all(first).unwrap();
    eventually("it has begun", || place.metric("postseal_connections") == 1.0);
    let ending = thread::spawn(move || gateway.end());
    thread::sleep(Duration::from_millis(200));
    stream.write_all(rest).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().status, 202);
    ending.join().unwrap();
}

#[test]
fn an_attempt_that_is_not_waited_for_is_given_back() {
    is_given_back("tar-pit", |_, _| ());
}

#[test]
fn an_attempt_from_before_a_reload_is_given_back() {
    is_given_back("tar-pit-reload", |place, gateway| {
        gateway.signal("HUP");
        eventually("it is reloaded", || place.metric("postseal_reloads_total") >= 1.0);
    });
}

/// Ends a gateway that has had an attempt under way while `disturb` went on.
fn is_given_back(name: &str, disturb: impl FnOnce(&Place, &Gateway)) {
    let place = Place::new(name);
    // It takes connections, and never answers.
    let tar_pit = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", tar_pit.local_addr().unwrap());
    place.configure("shutdown_seconds = 2", &url, "timeout_seconds = 60");
    let gateway = place.start();
    let request = request(&sender(SECRET, None), "/hooks/orders", "evt_1", b"{}");
    assert_eq!(place.send(&request), 202);
    let event = || place.json(&["events", "list"])["events"][0].clone();
    eventually("an attempt has begun", || event()["attempts"] == 1);
    disturb(&place, &gateway);
    gateway.end();
    assert_eq!(
        (event()["state"].as_str(), event()["attempts"].as_u64()),
        (Some("pending"), Some(0))
    );
}

#[test]
fn a_database_that_has_frozen_does_not_keep_it() {
    let Some(server) = PostgresServer::start("frozen", &[]) else { return };
    let (place, application) =
        (Place::with_store("frozen", &server.database()), Application::start());
    let url = application.url();
    let source = |name: &str| {
        format!(
            "[[source]]\nname = \"{name}\"\npath = \"/hooks/{name}\"\nsecrets = [\"{SECRET}\"]\n\
             deliver_to = \"{url}\"\n"
        )
    };
    let more = format!("{}{}", source("invoices"), source("refunds"));
    place.configure("shutdown_seconds = 2", &url, &more);
    let gateway = place.start();
    for name in ["orders", "invoices", "refunds"] {
        let path = format!("/hooks/{name}");
        assert_eq!(place.send(&request(&sender(SECRET, None), &path, name, b"{}")), 202);
    }
    eventually("all are delivered", || application.seen_ids().len() == 3);
    server.signal_each("STOP");
    let ready = b"GET /readyz HTTP/1.1\r\nhost: test\r\n\r\n";
    assert_eq!(exchange(place.admin, ready).status, 503);
    // By now the workers and the housekeeping wait for it, too.
    gateway.end_within(Duration::from_secs(20));
}
