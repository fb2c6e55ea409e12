//! What a sender is answered.

use std::collections::BTreeSet;
use std::thread;

use postseal::UnixTime;

use crate::message::{KEY, OTHER_SECRET, SECRET, exchange, post, request, request_at, sender};
use crate::running::{Application, Place, eventually};

const PATH: &str = "/hooks/orders";

#[test]
fn a_message_is_accepted_once_and_delivered() {
    let (place, application) = (Place::new("once"), Application::start());
    place.configure("", &application.url(), &format!("encryption_keys = [\"{KEY}\"]"));
    let gateway = place.start();
    let sender = sender(SECRET, Some(KEY));

    let accepted = exchange(place.listen, &request(&sender, PATH, "evt_1", b"{\"n\":1}"));
    assert_eq!((accepted.status, accepted.body.as_str()), (202, "accepted"));
    let repeated = exchange(place.listen, &request(&sender, PATH, "evt_1", b"{\"n\":1}"));
    assert_eq!((repeated.status, repeated.body.as_str()), (200, "duplicate"));
    let other = exchange(place.listen, &request(&sender, PATH, "evt_1", b"{\"n\":2}"));
    assert_eq!((other.status, other.body.as_str()), (409, "refused"));

    eventually("one delivery", || application.seen().len() == 1);
    let log = gateway.end();
    assert_eq!(application.seen().len(), 1);
    assert_eq!(application.seen()[0].body, b"{\"n\":1}");
    assert!(log.contains("kind=\"conflict\""), "{log}");
}

#[test]
fn a_stranger_is_told_one_thing() {
    let (place, application) = (Place::new("stranger"), Application::start());
    place.configure("", &application.url(), "max_body_bytes = 1000");
    let _gateway = place.start();
    let stale = UnixTime::new(1_700_000_000).unwrap();
    let ours = sender(SECRET, None);
    let refused = [
        request(&sender(OTHER_SECRET, None), PATH, "evt_1", b"{}"),
        request_at(&ours, PATH, "evt_1", b"{}", stale),
        request(&sender(SECRET, Some(KEY)), PATH, "evt_1", b"{}"),
        post(PATH, &[], b"{}"),
        post(PATH, &[("webhook-id", "a"), ("webhook-id", "b")], b"{}"),
    ];
    let answers: BTreeSet<_> = refused
        .iter()
        .map(|request| exchange(place.listen, request))
        .map(|answer| (answer.status, answer.body, answer.head.contains("retry-after")))
        .collect();
    assert_eq!(answers, BTreeSet::from([(401, "refused".to_owned(), false)]));

    assert_eq!(place.send(&request(&ours, PATH, "evt_1", &[b'a'; 1001])), 413);
    assert_eq!(place.send(&request(&ours, PATH, "evt_1", &[b'a'; 1000])), 202);
    assert_eq!(place.send(&request(&ours, "/elsewhere", "evt_1", b"{}")), 404);
    let get = exchange(place.listen, format!("GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes());
    assert_eq!((get.status, get.head.contains("allow: post")), (405, true));
}

#[test]
fn a_storm_of_repeats_is_accepted_once_each() {
    let (place, application) = (Place::new("storm"), Application::start());
    place.configure("", &application.url(), "");
    let _gateway = place.start();
    let storms: Vec<_> = (0..8)
        .map(|_| {
            let listen = place.listen;
            thread::spawn(move || {
                let sender = sender(SECRET, None);
                let send = |number: usize| {
                    let id = format!("evt_{number}");
                    exchange(listen, &request(&sender, PATH, &id, id.as_bytes())).status
                };
                (0..100).map(send).collect::<Vec<_>>()
            })
        })
        .collect();
    let statuses: Vec<u16> = storms.into_iter().flat_map(|storm| storm.join().unwrap()).collect();
    assert_eq!(statuses.iter().filter(|&&status| status == 202).count(), 100);
    assert_eq!(statuses.iter().filter(|&&status| status == 200).count(), 700);
    eventually("every event is delivered", || {
        let bodies: BTreeSet<_> = application.seen().into_iter().map(|seen| seen.body).collect();
        bodies.len() == 100
    });
}

#[test]
fn a_client_is_limited_and_a_stranger_cannot_be_another() {
    let (place, application) = (Place::new("limit"), Application::start());
    let limit = "rate_limit = { requests = 3, per_seconds = 3600 }";
    place.configure("trusted_proxies = [\"10.0.0.0/8\"]", &application.url(), limit);
    let _gateway = place.start();
    let sender = sender(SECRET, None);
    let statuses: Vec<u16> = (0..5)
        .map(|number| {
            let request = request(&sender, PATH, &format!("evt_{number}"), b"{}");
            let forwarded = format!("x-forwarded-for: 198.51.100.{number}\r\ncontent-length");
            let request = String::from_utf8(request).unwrap().replace("content-length", &forwarded);
            place.send(request.as_bytes())
        })
        .collect();
    assert_eq!(statuses, [202, 202, 202, 429, 429]);
    let limited = exchange(place.listen, &request(&sender, PATH, "evt_9", b"{}"));
    assert!(limited.head.contains("retry-after: "), "{}", limited.head);
}

#[test]
fn a_trusted_proxy_says_who_the_client_is() {
    let (place, application) = (Place::new("proxy"), Application::start());
    let source =
        "rate_limit = { requests = 1, per_seconds = 3600 }\nallow_from = [\"198.51.100.0/24\"]";
    place.configure("trusted_proxies = [\"127.0.0.1\"]", &application.url(), source);
    let _gateway = place.start();
    let sender = sender(SECRET, None);
    let send = |id: &str, client: &str| {
        let request = request(&sender, PATH, id, b"{}");
        let forwarded = format!("x-forwarded-for: {client}\r\ncontent-length");
        let request = String::from_utf8(request).unwrap().replace("content-length", &forwarded);
        place.send(request.as_bytes())
    };
    assert_eq!(send("evt_1", "198.51.100.1"), 202);
    assert_eq!(send("evt_2", "198.51.100.1"), 429);
    assert_eq!(send("evt_3", "198.51.100.2"), 202);
    assert_eq!(send("evt_4", "203.0.113.1"), 401);
}

#[test]
fn slacks_challenge_is_answered_after_verification() {
    let (place, application) = (Place::new("slack"), Application::start());
    place.write(&format!(
        "listen = \"{}\"\nadmin_listen = \"{}\"\nstore = \"sqlite:{}\"\n\
         unsigned_deliveries = true\n\
         [[source]]\nname = \"slack\"\npath = \"/slack\"\nscheme = \"slack\"\n\
         secrets = [\"8f742231b10e8888abcd99yyyzzz85a5\"]\ndeliver_to = \"{}\"\n",
        place.listen,
        place.admin,
        place.folder.join("events.db").display(),
        application.url(),
    ));
    let _gateway = place.start();
    let slack = |secret: &str| {
        let secrets = Some(vec![Some(postseal::KeyInput::from(secret))]);
        let scheme = postseal::Scheme::named("slack").unwrap();
        postseal::Sender::new(postseal::SenderOptions { scheme, secrets, ..Default::default() })
            .unwrap()
    };
    let payload = br#"{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595"}"#;
    let ours = slack("8f742231b10e8888abcd99yyyzzz85a5");
    let answer = exchange(place.listen, &request(&ours, "/slack", "x", payload));
    assert_eq!((answer.status, answer.body.as_str()), (200, "3eZbrw1aBm2rZgRNFdxV2595"));
    let forged = slack("0f742231b10e8888abcd99yyyzzz85a5");
    assert_eq!(exchange(place.listen, &request(&forged, "/slack", "x", payload)).status, 401);
}
