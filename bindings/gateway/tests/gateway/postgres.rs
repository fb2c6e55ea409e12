//! Several gateways on one PostgreSQL, and what holds while that is down.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::Output;
use std::thread;

use serde_json::Value;

use crate::message::{Line, SECRET, exchange, request, sender};
use crate::postgres_server::PostgresServer;
use crate::redis::Redis;
use crate::running::{Application, Place, eventually};

const PATH: &str = "/hooks/orders";
const EVENTS: usize = 1000;
const REPEATS: usize = 20;
const LIMIT_REQUESTS: usize = 50;
/// Of a URL: it must be seen nowhere.
const PASSWORD: &str = "hush-hush";
/// A lease of 20 s, for as many attempts at once as there are events.
const LEASED: &str = "timeout_seconds = 5\nconcurrency = 20";

/// Two gateways that share a database, and at will a Redis.
fn two(
    name: &str,
    server: &PostgresServer,
    general: &str,
    deliver_to: &str,
    source: &str,
) -> [Place; 2] {
    let url = server.database();
    ["a", "b"].map(|which| {
        let place = Place::with_store(&format!("{name}-{which}"), &url);
        place.configure(general, deliver_to, source);
        place
    })
}

/// A URL with a password in it, which the server does not ask for.
fn with_password(url: &str) -> String {
    let url = url.replacen("postgres@", &format!("postgres:{PASSWORD}@"), 1);
    assert!(url.contains(PASSWORD), "{url}");
    url
}

fn shows_no_password(texts: &[&str]) {
    for text in texts {
        assert!(!text.contains(PASSWORD), "{text}");
    }
}

/// All that a command has written.
fn written(output: &Output) -> String {
    let Output { stdout, stderr, .. } = output;
    format!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
}

#[test]
fn a_storm_on_two_gateways_is_accepted_once_and_limited_once() {
    let Some(server) = PostgresServer::shared() else { return };
    let Some(redis) = Redis::start(None) else { return };
    let application = Application::start();
    let deliver_to = application.url();
    let general = format!("redis_url = \"redis://127.0.0.1:{}\"", redis.port);
    let limited = format!(
        "[[source]]\nname = \"limited\"\npath = \"/hooks/limited\"\nsecrets = [\"{SECRET}\"]\n\
         deliver_to = \"{deliver_to}\"\n\
         rate_limit = {{ requests = {LIMIT_REQUESTS}, per_seconds = 36000 }}\n"
    );
    let places = two("storm", &server, &general, &deliver_to, &limited);
    let _gateways = places.each_ref().map(Place::start);

    let sender = sender(SECRET, None);
    let id = |number: usize| format!("evt_{number}");
    let requests: Vec<_> =
        (0..EVENTS).map(|n| request(&sender, PATH, &id(n), id(n).as_bytes())).collect();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let lines = 2 * REPEATS;
        let senders = (0..lines).map(|line| {
            let (listen, requests) = (places[line % 2].listen, &requests);
            scope.spawn(move || {
                let mut connection = Line::open(listen);
                // Each begins elsewhere, so that the same event comes by several at one time.
                let order = (0..EVENTS).map(|step| (step + line / 4 * EVENTS / 10) % EVENTS);
                order.map(|n| connection.exchange(&requests[n]).status).collect::<Vec<_>>()
            })
        });
        let senders: Vec<_> = senders.collect();
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    });
    let count = |status: u16| statuses.iter().filter(|&&other| other == status).count();
    assert_eq!(count(202), EVENTS);
    assert_eq!(count(200), EVENTS * (2 * REPEATS - 1));
    eventually("all are delivered", || {
        let seen: BTreeSet<_> = application.seen().into_iter().map(|seen| seen.body).collect();
        seen.len() == EVENTS
    });
    assert_eq!(application.seen().len(), EVENTS, "nobody died, so nothing comes twice");

    let admitted = (0..4 * LIMIT_REQUESTS).filter(|&n| {
        let request = request(&sender, "/hooks/limited", &id(n), b"{}");
        places[n % 2].send(&request) == 202
    });
    assert_eq!(admitted.count(), LIMIT_REQUESTS);
}

#[test]
fn what_a_killed_gateway_had_leased_the_other_delivers() {
    let Some(server) = PostgresServer::shared() else { return };
    // For the first gateway it takes connections, and never answers.
    let tar_pit = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let application = Application::start();
    let places = two("taken-over", &server, "", &application.url(), LEASED);
    places[0].configure("", &format!("http://{}/", tar_pit.local_addr().unwrap()), LEASED);
    let first = places[0].start();
    let sender = sender(SECRET, None);
    for number in 0..20 {
        let id = format!("evt_{number}");
        assert_eq!(places[0].send(&request(&sender, PATH, &id, id.as_bytes())), 202);
    }
    let leased = || {
        let listed = places[0].json(&["events", "list"]);
        let events = listed["events"].as_array().unwrap();
        let of_first = |event: &&Value| event["attempts"] == 1 && event["last_result"].is_null();
        events.iter().filter(of_first).count()
    };
    eventually("all are being tried", || leased() == 20);
    let second = places[1].start();
    first.kill();
    assert_eq!((leased(), application.seen().len()), (20, 0));
    eventually("the other one delivers all", || {
        application.seen_ids().len() == 20 && places[1].pending() == Some(0.0)
    });
    let attempts =
        application.seen().into_iter().map(|seen| seen.headers["postseal-attempt"].clone());
    assert_eq!(attempts.collect::<Vec<_>>(), ["2"; 20]);
    second.end();
}

#[test]
fn while_postgres_is_down_senders_are_told_to_come_back() {
    let Some(server) = PostgresServer::start("down", &[]) else { return };
    let application = Application::start();
    let place = Place::with_store("postgres-down", &with_password(&server.database()));
    place.configure("", &application.url(), "");
    let gateway = place.start();
    let sender = sender(SECRET, None);
    let send = |id: &str| place.send(&request(&sender, PATH, id, id.as_bytes()));
    assert_eq!(send("evt_1"), 202);
    server.stop("INT");
    assert_eq!(send("evt_2"), 503);
    let get = |path: &str| {
        exchange(place.admin, format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes())
    };
    let answers = ["/healthz", "/readyz", "/metrics"].map(get);
    assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 503, 200]);
    assert_eq!(place.pending(), None);
    answers.iter().for_each(|answer| shows_no_password(&[&answer.head, &answer.body]));
    for command in [&["check"][..], &["check", "--json"], &["events", "list"]] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let written = written(&output);
        assert!(written.contains("store_unavailable"), "{written}");
        shows_no_password(&[&written]);
    }

    server.resume();
    eventually("it accepts again", || send("evt_2") == 202);
    assert_eq!(send("evt_1"), 200);
    eventually("both are delivered", || application.seen().len() == 2);
    let log = gateway.end();
    assert!(log.contains("nothing accepted"), "{log}");
    shows_no_password(&[&log]);
}

#[test]
fn check_says_which_store_it_is_and_what_its_commits_withstand() {
    let Some(server) = PostgresServer::start("check", &["full_page_writes=off"]) else { return };
    let application = Application::start();
    let place = Place::with_store("postgres-check", "env:STORE");
    place.configure("redis_url = \"redis://127.0.0.1:9\"", &application.url(), "");
    let url = with_password(&server.database());
    let checked = place.json_with(&["check"], &[("STORE", &url)]);
    let store = checked["store"].as_str().unwrap();
    assert!(
        store.starts_with("PostgreSQL ") && store.ends_with("synchronous_commit = on"),
        "{store}"
    );
    let warnings = checked["warnings"].to_string();
    assert!(warnings.contains("full_page_writes") && warnings.contains("redis_url"), "{warnings}");
    let told = written(&place.run_with(&["check"], &[("STORE", &url)]));
    assert!(told.contains("full_page_writes"), "{told}");
    shows_no_password(&[&checked.to_string(), &told]);
}
