//! How it ends: what it has begun is done, and what it holds is given back.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::message::{SECRET, read_answer, request, sender};
use crate::running::{Application, Place, eventually};

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
    let place = Place::new("tar-pit");
    // It takes connections, and never answers.
    let tar_pit = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", tar_pit.local_addr().unwrap());
    place.configure("shutdown_seconds = 1", &url, "timeout_seconds = 60");
    let gateway = place.start();
    let request = request(&sender(SECRET, None), "/hooks/orders", "evt_1", b"{}");
    assert_eq!(place.send(&request), 202);
    let event = || place.json(&["events", "list"])["events"][0].clone();
    eventually("an attempt has begun", || event()["attempts"] == 1);
    gateway.end();
    assert_eq!(
        (event()["state"].as_str(), event()["attempts"].as_u64()),
        (Some("pending"), Some(0))
    );
}
