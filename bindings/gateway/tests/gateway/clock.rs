//! The clock is set forward and back: nothing waits for it, is lost, or is accepted twice.

use std::fs;
use std::net::TcpListener;
use std::time::{SystemTime, UNIX_EPOCH};

use postseal::UnixTime;

use crate::message::{SECRET, request_at, sender};
use crate::running::{Application, Place, eventually};
use crate::world::World;

const HOUR: i64 = 3600;

/// Sends a message that was signed when the true clock is so many seconds older.
fn send(place: &Place, id: &str, seconds: i64) -> u16 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signed = UnixTime::new(i64::try_from(now).unwrap() + seconds).unwrap();
    place.send(&request_at(&sender(SECRET, None), "/hooks/orders", id, b"{}", signed))
}

fn configure(place: &Place, deliver_to: &str, source: &str) {
    place.configure("", deliver_to, source);
    let config = fs::read_to_string(place.config()).unwrap();
    place.write(&format!("{config}[alerts]\nrefusals = 2\n"));
}

fn has_alert(place: &Place) -> bool {
    place.metric("postseal_alerts_total{kind=\"clock_skew\"}") >= 1.0
}

#[test]
fn a_clock_that_is_set_forward_delays_nothing_and_refuses_what_is_old() {
    let (place, application) = (Place::new("forward"), Application::start());
    let Some(world) = World::around(&place) else { return };
    configure(&place, &application.url(), "timeout_seconds = 1");
    let gateway = world.start(&place);
    application.answer("503 Service Unavailable");
    assert_eq!(send(&place, "evt_1", 0), 202);
    eventually("it has been tried", || application.seen_ids().len() == 1);
    world.set_clock_ahead(HOUR);
    application.answer("204 No Content");
    for number in 0..4 {
        assert_eq!(send(&place, &format!("evt_old_{number}"), 0), 401);
    }
    assert!(has_alert(&place), "{}", gateway.log());
    assert_eq!(send(&place, "evt_2", HOUR), 202);
    assert_eq!(send(&place, "evt_1", HOUR), 200);
    eventually("both are delivered", || {
        place.pending() == Some(0.0) && application.seen_ids().len() == 2
    });
    gateway.end();
}

#[test]
fn what_was_accepted_before_the_clock_was_set_back_need_not_wait() {
    let (place, application) = (Place::new("back"), Application::start());
    let Some(world) = World::around(&place) else { return };
    world.set_clock_ahead(HOUR);
    configure(&place, &application.url(), "timeout_seconds = 1");
    let gateway = world.start(&place);
    application.answer("503 Service Unavailable");
    let ids: Vec<String> = (0..10).map(|number| format!("evt_{number}")).collect();
    for id in &ids {
        assert_eq!(send(&place, id, HOUR), 202);
    }
    eventually("all have been tried", || application.seen_ids().len() == 10);
    world.set_clock_ahead(0);
    application.answer("204 No Content");
    for number in 0..4 {
        assert_eq!(send(&place, &format!("evt_new_{number}"), HOUR), 401);
    }
    assert!(has_alert(&place), "{}", gateway.log());
    for id in &ids {
        assert_eq!(send(&place, id, 0), 200);
    }
    assert_eq!(send(&place, "evt_now", 0), 202);
    eventually("all are delivered", || place.pending() == Some(0.0));
    assert_eq!(application.seen_ids().len(), 11);
    gateway.end();
}

/// Nobody has seen the clock being set back: what was never tried is due all the same.
#[test]
fn what_was_accepted_in_the_future_is_due_after_a_restart() {
    let (place, application) = (Place::new("restart"), Application::start());
    let Some(world) = World::around(&place) else { return };
    world.set_clock_ahead(HOUR);
    // It takes connections, and never answers: the first event keeps the others from their turn.
    let tar_pit = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", tar_pit.local_addr().unwrap());
    configure(&place, &url, "timeout_seconds = 60\nconcurrency = 1");
    let gateway = world.start(&place);
    for number in 0..5 {
        assert_eq!(send(&place, &format!("evt_{number}"), HOUR), 202);
    }
    let tried = || {
        let events = place.json(&["events", "list"]);
        let events = events["events"].as_array().unwrap().clone();
        events.iter().filter(|event| event["attempts"] == 1).count()
    };
    eventually("one is being tried", || tried() == 1);
    gateway.kill();
    world.set_clock_ahead(0);
    configure(&place, &application.url(), "timeout_seconds = 1");
    let gateway = world.start(&place);
    eventually("the others are delivered", || application.seen_ids().len() == 4);
    gateway.end();
}
