//! A limit that two gateways share over a real Redis, and what holds while that is down.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::message::{SECRET, request, sender};
use crate::running::{Application, Place, eventually};
use crate::tls::Authority;

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
        let port = port.unwrap_or_else(free_port);
        Redis::start_with(port, &["--port".to_owned(), port.to_string()])
    }

    fn start_with(port: u16, settings: &[String]) -> Option<Self> {
        let started = Command::new("redis-server")
            .args(["--save", "", "--bind", "127.0.0.1"])
            .args(settings)
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

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
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

#[test]
fn a_redis_is_spoken_to_over_tls_where_its_certificate_is_right() {
    let (place, application) = (Place::new("redis-tls"), Application::start());
    let (trusted, other) = (Authority::new("trusted"), Authority::new("other"));
    trusted.leaf().write(&place.folder);
    let file = |name: &str| place.folder.join(name);
    fs::write(file("trusted.pem"), &trusted.pem).unwrap();
    fs::write(file("other.pem"), &other.pem).unwrap();
    let port = free_port();
    let text = |name: &str| file(name).display().to_string();
    let settings = [
        ["--port".to_owned(), "0".to_owned()],
        ["--tls-port".to_owned(), port.to_string()],
        ["--tls-cert-file".to_owned(), text("certificate.pem")],
        ["--tls-key-file".to_owned(), text("key.pem")],
        ["--tls-auth-clients".to_owned(), "no".to_owned()],
    ];
    let Some(_redis) = Redis::start_with(port, &settings.concat()) else { return };
    let general = format!("redis_url = \"rediss://localhost:{port}\"");
    let limit = "rate_limit = { requests = 2, per_seconds = 36000 }";
    place.configure(&general, &application.url(), limit);
    let sender = sender(SECRET, None);
    let send = |id| place.send(&request(&sender, PATH, id, b"{}"));

    let gateway = place.start_in(&[("SSL_CERT_FILE", file("trusted.pem"))]);
    assert_eq!([send("evt_1"), send("evt_2"), send("evt_3")], [202, 202, 429]);
    assert!(place.metric("postseal_redis_failures_total") < 1.0);
    gateway.end();

    // The limit of the process stands in, which has not seen the client.
    let gateway = place.start_in(&[("SSL_CERT_FILE", file("other.pem"))]);
    assert_eq!(send("evt_4"), 202);
    assert!(place.metric("postseal_redis_failures_total") >= 1.0);
    gateway.end();

    let general = format!("redis_url = \"rediss://localhost:{port}/#insecure\"");
    place.configure(&general, &application.url(), limit);
    let checked = place.run(&["check"]);
    assert!(String::from_utf8_lossy(&checked.stderr).contains("redis_url must be without #"));
}
