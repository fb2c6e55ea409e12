//! What the application is given, and what follows from what it answers.

use std::time::SystemTime;

use postseal::{KeyInput, Receiver, ReceiverOptions, UnixTime};

use crate::message::{DELIVERY_SECRET, KEY, SECRET, request, sender};
use crate::running::{Application, Place, eventually};

const PATH: &str = "/hooks/orders";

#[test]
fn a_delivery_is_signed_again_and_says_what_was_verified() {
    let (place, application) = (Place::new("signed"), Application::start());
    let source = format!("encryption_keys = [\"{KEY}\"]\npass_on = [\"x-topic\"]");
    place.configure("", &application.url(), &source);
    let _gateway = place.start();
    let request = request(&sender(SECRET, Some(KEY)), PATH, "evt_1", b"{\"n\":1}");
    let end = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let more = b"\r\nx-topic: paid\r\npostseal-source: forged\r\nx-other: 1";
    let request = [&request[..end], more, &request[end..]].concat();
    assert_eq!(place.send(&request), 202);

    eventually("a delivery", || application.seen().len() == 1);
    let delivered = application.seen().remove(0);
    let mut options = ReceiverOptions::default();
    options.keys.secrets = Some(vec![Some(KeyInput::from(DELIVERY_SECRET))]);
    let receiver = Receiver::new(options).unwrap();
    let headers: Vec<_> = delivered.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let now = UnixTime::try_from(SystemTime::now()).unwrap();
    let opened = receiver.open(&headers, &delivered.body, now).unwrap();
    assert_eq!(opened.payload(), b"{\"n\":1}");

    let header = |name: &str| delivered.headers.get(name).map(String::as_str);
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("postseal-source"), Some("orders"));
    assert_eq!(header("postseal-id"), Some("evt_1"));
    assert_eq!(header("postseal-secret-id"), Some("secret-1"));
    assert_eq!(header("postseal-encrypted"), Some("true"));
    assert_eq!(header("postseal-attempt"), Some("1"));
    assert_eq!(header("x-topic"), Some("paid"));
    assert_eq!(header("x-other"), None);
}

#[test]
fn a_failed_delivery_is_tried_again_under_the_same_id() {
    let (place, application) = (Place::new("again"), Application::start());
    place.configure("", &application.url(), "");
    let _gateway = place.start();
    application.answer("503 Service Unavailable");
    assert_eq!(place.send(&request(&sender(SECRET, None), PATH, "evt_1", b"{}")), 202);
    eventually("an attempt", || !application.seen().is_empty());
    application.answer("204 No Content");
    eventually("it is delivered", || {
        place.json(&["events", "list"])["events"][0]["state"] == "delivered"
    });
    let ids: Vec<_> =
        application.seen().into_iter().map(|seen| seen.headers["webhook-id"].clone()).collect();
    assert!(ids.len() >= 2 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn what_is_given_up_is_a_dead_letter_and_can_be_replayed_or_purged() {
    let (place, application) = (Place::new("dead"), Application::start());
    place.configure("", &application.url(), "max_attempts = 1");
    let gateway = place.start();
    application.answer("500 Internal Server Error");
    let sender = sender(SECRET, None);
    assert_eq!(place.send(&request(&sender, PATH, "evt_1", b"{\"n\":1}")), 202);
    assert_eq!(place.send(&request(&sender, PATH, "evt_2", b"{\"n\":2}")), 202);
    let dead = || place.json(&["dead", "list"])["events"].as_array().unwrap().len();
    eventually("both are dead", || dead() == 2);
    assert_eq!(place.metric("postseal_dead{source=\"orders\"}"), 2.0);
    assert_eq!(place.metric("postseal_alerts_total{kind=\"dead_letter\"}"), 1.0);

    assert_eq!(place.json(&["dead", "purge", "1"])["events"], serde_json::json!([1]));
    application.answer("204 No Content");
    assert_eq!(
        place.json(&["dead", "replay", "--all", "orders"])["events"],
        serde_json::json!([2])
    );
    eventually("the other is delivered", || {
        place.json(&["events", "list"])["events"][0]["state"] == "delivered"
    });
    assert_eq!(dead(), 0);
    assert_eq!(place.json(&["dead", "replay", "2"])["not_found"], serde_json::json!([2]));
    assert_eq!(place.json(&["events", "replay", "1"])["not_found"], serde_json::json!([1]));
    assert_eq!(application.seen().last().unwrap().body, b"{\"n\":2}");
    drop(gateway);
}

#[test]
fn a_sources_concurrency_holds_over_reloads() {
    let place = Place::new("slots");
    // It takes connections, and never answers.
    let tar_pit = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", tar_pit.local_addr().unwrap());
    place.configure("shutdown_seconds = 1", &url, "concurrency = 2\ntimeout_seconds = 60");
    let gateway = place.start();
    let sender = sender(SECRET, None);
    for number in 0..20 {
        let id = format!("evt_{number}");
        assert_eq!(place.send(&request(&sender, PATH, &id, id.as_bytes())), 202);
    }
    for reloads in 1..6 {
        gateway.signal("HUP");
        eventually("it is reloaded", || {
            place.metric("postseal_reloads_total") >= f64::from(reloads)
        });
    }
    let events = place.json(&["events", "list"]);
    let begun = events["events"].as_array().unwrap().iter().filter(|event| event["attempts"] == 1);
    assert_eq!(begun.count(), 2);
}
