//! A limit that two gateways share over a real Redis, and what holds while that is down.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::message::{SECRET, request, sender};
use crate::running::{Application, Place, eventually};

const PATH: &str = "/hooks/orders";

pub(crate) struct Redis {
    child: Child,
    pub(crate) port: u16,
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Redis {
    /// `None`, said aloud, where there is none to start; in CI that is a failure.
    pub(crate) fn start(port: Option<u16>) -> Option<Self> {
        let free = || TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let port = port.unwrap_or_else(free);
        let started = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--save", "", "--bind", "127.0.0.1"])
            .stdout(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            assert!(std::env::var_os("CI").is_none(), "redis-server is not installed");
            println!("skipped: redis-server is not installed");
            return None;
        };
        let redis = Redis { child, port };
        eventually("Redis answers", || {
            std::net::TcpStream::connect(("127.0.0.1", redis.port)).is_ok()
        });
        Some(redis)
    }
}

#[test]
fn two_gateways_share_a_limit_and_each_has_its_own_while_redis_is_down() {
    let Some(redis) = Redis::start(None) else { return };
    let port = redis.port;
    let application = Application::start();
    let places = [Place::new("redis-a"), Place::new("redis-b")];
    let general = format!("redis_url = \"redis://127.0.0.1:{port}\"");
    let limit = "rate_limit = { requests = 10, per_seconds = 36000 }";
    for place in &places {
        place.configure(&general, &application.url(), limit);
    }
    let _gateways = places.each_ref().map(Place::start);
    let sender = sender(SECRET, None);
    let mut number = 0;
    let mut send = |place: &Place| {
        number += 1;
        place.send(&request(&sender, PATH, &format!("evt_{number}"), b"{}"))
    };
    let statuses: Vec<u16> = (0..15).flat_map(|_| places.each_ref().map(&mut send)).collect();
    assert_eq!(statuses.iter().filter(|&&status| status == 202).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|&&status| status == 429).count(), 20, "{statuses:?}");

    drop(redis);
    let statuses: Vec<u16> = (0..15).map(|_| send(&places[0])).collect();
    assert_eq!(statuses.iter().filter(|&&status| status == 202).count(), 10, "{statuses:?}");
    assert!(places[0].metric("postseal_redis_failures_total") >= 15.0);

    let Some(_redis) = Redis::start(Some(port)) else { return };
    eventually("the shared limit holds again", || {
        std::thread::sleep(Duration::from_millis(200));
        send(&places[0]) == 202
    });
}

#[test]
fn where_redis_must_be_asked_nothing_passes_without_it() {
    let (place, application) = (Place::new("redis-refuse"), Application::start());
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let general = format!("redis_url = \"redis://{closed}\"\nredis_down = \"refuse\"");
    let limit = "rate_limit = { requests = 10, per_seconds = 36000 }";
    place.configure(&general, &application.url(), limit);
    let _gateway = place.start();
    assert_eq!(place.send(&request(&sender(SECRET, None), PATH, "evt_1", b"{}")), 503);
}
