//! The disk is full: senders are told to come back, and with room again all goes on.

use crate::message::{SECRET, exchange, request, sender};
use crate::running::{Application, Place, eventually};
use crate::world::World;

const PATH: &str = "/hooks/orders";
const CANARY: &str = "canary-51b07e";

#[test]
fn a_full_disk_is_told_to_senders_and_loses_nothing() {
    let (place, application) = (Place::new("full"), Application::start());
    let Some(world) = World::around(&place) else { return };
    place.configure("", &application.url(), "timeout_seconds = 1");
    let gateway = world.start(&place);
    let sender = sender(SECRET, None);
    let payload = |id: &str| format!("{{\"id\":\"{id}\",\"mark\":\"{CANARY}\"}}").into_bytes();
    let send = |id: &str| place.send(&request(&sender, PATH, id, &payload(id)));
    let admin = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n");
        exchange(place.admin, request.as_bytes()).status
    };

    assert_eq!(send("evt_1"), 202);
    eventually("the first is delivered", || application.seen_ids().contains("evt_1"));
    // These are tried, and are to be tried again when the disk is full.
    application.answer("503 Service Unavailable");
    let before: Vec<String> = (10..20).map(|number| format!("evt_{number}")).collect();
    for id in &before {
        assert_eq!(send(id), 202);
    }
    eventually("all have been tried", || application.seen_ids().len() == 11);

    world.fill();
    application.answer("204 No Content");
    for number in 20..30 {
        assert_eq!(send(&format!("evt_{number}")), 503);
    }
    // A repeat writes nothing, unless it is in one transaction with somebody who does.
    assert!([200, 503].contains(&send("evt_1")));
    assert_eq!((admin("/healthz"), admin("/readyz"), admin("/metrics")), (200, 503, 200));
    let log = gateway.log();
    assert!(log.contains("ERROR") && log.contains("the store could not write"), "{log}");
    assert!(!log.contains(CANARY), "a payload is in the log");

    world.make_room();
    eventually("it is ready again", || admin("/readyz") == 200);
    for number in 20..30 {
        assert_eq!(send(&format!("evt_{number}")), 202);
    }
    assert_eq!(send("evt_1"), 200);
    eventually("all are delivered", || {
        place.pending() == Some(0.0) && application.seen_ids().len() == 21
    });
    let events = place.json(&["events", "list"]);
    let delivered = |event: &serde_json::Value| event["state"] == "delivered";
    assert!(events["events"].as_array().unwrap().iter().all(delivered), "{events}");
    assert!(!gateway.end().contains(CANARY), "a payload is in the log");
}
