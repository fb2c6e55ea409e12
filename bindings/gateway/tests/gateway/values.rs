//! Odd header values of accepted events: each event is delivered, whatever they are.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use postseal::{generate_signing_key_pair, key_id};
use ring::{aead, hmac};
use serde_json::json;

use crate::message::{DELIVERY_SECRET, KEY, Line, SECRET};
use crate::postgres_server::PostgresServer;
use crate::random::Random;
use crate::running::{Place, eventually};
use crate::strict::{StrictServer, Taken};

const PATH: &str = "/hooks/orders";
/// Events of one run; `POSTSEAL_VALUES` sets another number for a soak test.
const EVENTS: u64 = 300;
/// Accepts plain and encrypted events, and does not retry a failed delivery.
const SOURCE: &str = "encryption = \"optional\"\nmax_attempts = 1\n\
    pass_on = [\"x-topic\", \"x-other\", \"x-third\"]";

/// A request of a sender that chooses its own id and headers.
struct Odd {
    id: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

impl Odd {
    fn new(id: &str, headers: &[(&'static str, &[u8])], body: &[u8]) -> Self {
        let mut headers: Vec<_> =
            headers.iter().map(|&(name, value)| (name, value.to_vec())).collect();
        let timestamp = now_seconds().to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &Base64::decode_vec(&SECRET[6..]).unwrap());
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        let signature = Base64::encode_string(hmac::sign(&key, &signed).as_ref());
        headers.push(("webhook-id", id.into()));
        headers.push(("webhook-timestamp", timestamp.into()));
        headers.push(("webhook-signature", format!("v1,{signature}").into()));
        Odd { id: id.to_owned(), headers, body: body.to_vec() }
    }

    /// Encrypted, with this media type in the protected header.
    fn encrypted(
        id: &str,
        headers: &[(&'static str, &[u8])],
        payload: &[u8],
        content_type: &str,
    ) -> Self {
        let kid = key_id(KEY).unwrap();
        let header = json!({
            "alg": "dir", "enc": "A256GCM", "kid": kid, "webhook-id": id, "cty": content_type,
        });
        let header = Base64UrlUnpadded::encode_string(header.to_string().as_bytes());
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce).unwrap();
        let key = Base64::decode_vec(&KEY[6..]).unwrap();
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, &key).unwrap();
        let mut ciphertext = payload.to_vec();
        let tag = aead::LessSafeKey::new(key).seal_in_place_separate_tag(
            aead::Nonce::assume_unique_for_key(nonce),
            aead::Aad::from(header.as_bytes()),
            &mut ciphertext,
        );
        let tag = tag.unwrap();
        let parts = [&nonce[..], &ciphertext, tag.as_ref()];
        let [nonce, ciphertext, tag] = parts.map(Base64UrlUnpadded::encode_string);
        Odd::new(id, headers, format!("{header}..{nonce}.{ciphertext}.{tag}").as_bytes())
    }

    /// Its headers, with their values cut short.
    fn shown(&self) -> String {
        let header = |(name, value): &(&str, Vec<u8>)| {
            let text: String = String::from_utf8_lossy(value).chars().take(80).collect();
            format!("{name} ({} bytes): {text:?}\n", value.len())
        };
        self.headers.iter().map(header).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("POST {PATH} HTTP/1.1\r\nhost: test\r\n").into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: ").as_bytes());
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        let length = format!("content-length: {}\r\n\r\n", self.body.len());
        [&bytes, length.as_bytes(), &self.body].concat()
    }
}

fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Header values that hyper accepts, most of which no sender means to send.
fn value(random: &mut Random) -> Vec<u8> {
    let bytes = |random: &mut Random, length: u64, of: &[u8]| -> Vec<u8> {
        let end = of.len() as u64;
        (0..length).map(|_| of[random.below(end) as usize]).collect()
    };
    let printable: Vec<u8> = (b' '..=b'~').collect();
    let all: Vec<u8> = (b' '..=b'~').chain(0x80..=0xff).chain([b'\t']).collect();
    let length = random.below(40);
    match random.below(11) {
        0 => Vec::new(),
        1 => bytes(random, length, b" \t"),
        2 => b"application/json; charset=utf-8".to_vec(),
        3 => b"  application/json\t".to_vec(),
        4 => b"text/plain;\tcharset=utf-8".to_vec(),
        5 => "text/plain; title=\u{fc}".as_bytes().to_vec(),
        6 => bytes(random, length, &all),
        7 => bytes(random, 250 + length, &printable),
        8 => bytes(random, 1000 + 50 * length, &printable),
        9 => vec![b'a'; 3_500],
        _ => b"a, b,, c".to_vec(),
    }
}

/// Texts that a JSON string, and so a protected header, may contain.
fn text(random: &mut Random) -> String {
    let length = random.below(300);
    match random.below(3) {
        0 => String::from_utf8_lossy(&value(random)).chars().take(300).collect(),
        1 => ["", " ", "\t", "\0", "a\0b", "a/b\r\nx: y", "\u{1f980}", "\u{7f}", " a/b "]
            [random.below(9) as usize]
            .to_owned(),
        _ => (0..length).map(|_| char::from(random.below(128) as u8)).collect(),
    }
}

/// An id from all allowed characters, unique in the run.
fn id(random: &mut Random, number: u64) -> String {
    let allowed: Vec<char> = ('!'..='~').filter(|char| !matches!(char, '.' | ',')).collect();
    let number = format!("{number:06}");
    let length = random.below(251 - number.len() as u64);
    let odd = (0..length).map(|_| allowed[random.below(allowed.len() as u64) as usize]);
    odd.chain(number.chars()).collect()
}

fn odd(random: &mut Random, number: u64) -> Odd {
    let id = id(random, number);
    let names = ["content-type", "content-type", "x-topic", "x-topic", "x-other", "x-third"];
    let mut headers = Vec::new();
    for name in names {
        if random.below(2) == 0 {
            headers.push((name, value(random)));
        }
    }
    // The gateway bounds the head of a request, too.
    while headers.iter().map(|(_, value)| value.len()).sum::<usize>() > 50_000 {
        headers.pop();
    }
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
    let payload = format!("{{\"n\":{number}}}");
    match random.below(2) {
        0 => Odd::new(&id, &headers, payload.as_bytes()),
        _ => {
            let short: String = text(random).chars().take(100).collect();
            Odd::encrypted(&id, &headers, payload.as_bytes(), &short)
        }
    }
}

fn strict() -> StrictServer {
    StrictServer::start(&[DELIVERY_SECRET], &[])
}

fn configure(place: &Place, server: &StrictServer, source: &str) {
    let keys = format!("encryption_keys = [\"{KEY}\"]\n");
    place.configure("", &server.url(), &(keys + source));
}

/// Waits until no event is pending, and checks that none has become a dead letter.
fn all_delivered(place: &Place, server: &StrictServer) {
    let pending = || place.json(&["events", "list", "--state", "pending"]);
    eventually("nothing is left to deliver", || pending()["events"] == json!([]));
    let dead = place.json(&["dead", "list"]);
    let why = |event: &serde_json::Value| {
        format!("{}: {} {}", event["event"], event["last_result"], event["content_type"])
    };
    let dead: Vec<_> = dead["events"].as_array().unwrap().iter().map(why).collect();
    let refused = server.refused();
    assert!(dead.is_empty(), "these cannot be delivered: {dead:#?} {refused:#?}");
    assert_eq!(refused, [""; 0]);
}

fn odd_values_are_delivered(place: &Place, seed: u64) {
    let server = strict();
    configure(place, &server, SOURCE);
    let gateway = place.start();
    let mut random = Random(seed);
    let mut line = Line::open(place.listen);
    let events = std::env::var("POSTSEAL_VALUES").map_or(EVENTS, |more| more.parse().unwrap());
    let mut ids = BTreeSet::new();
    for number in 0..events {
        let odd = odd(&mut random, number);
        let answer = line.exchange(&odd.bytes());
        assert_eq!(answer.status, 202, "seed {seed}, event {number}: {}", odd.shown());
        ids.insert(odd.id);
    }
    all_delivered(place, &server);
    let taken = server.taken();
    let given: BTreeSet<_> =
        taken.iter().map(|taken| taken.header("postseal-id").unwrap().to_owned()).collect();
    assert_eq!(given, ids);
    gateway.end();
}

#[test]
fn accepted_events_are_delivered_whatever_their_headers() {
    odd_values_are_delivered(&Place::new("values"), 1);
}

#[test]
fn accepted_events_in_postgres_are_delivered_whatever_their_headers() {
    let Some(postgres) = PostgresServer::shared() else { return };
    odd_values_are_delivered(&Place::with_store("values-postgres", &postgres.database()), 2);
}

/// Posts each of these over HTTP/1.1. Returns what the application received of each, in order.
fn delivered(place: &Place, server: &StrictServer, events: &[Odd]) -> Vec<Taken> {
    for odd in events {
        assert_eq!(place.send(&odd.bytes()), 202, "{}", odd.shown());
    }
    all_delivered(place, server);
    let taken = server.taken();
    let of = |odd: &Odd| {
        let mut of = taken.iter().filter(|taken| taken.header("postseal-id") == Some(&odd.id));
        of.next().unwrap_or_else(|| panic!("{} was not delivered", odd.id)).clone()
    };
    events.iter().map(of).collect()
}

#[test]
fn a_content_type_is_trimmed_and_an_unusable_one_is_dropped() {
    let (place, server) = (Place::new("types"), strict());
    configure(&place, &server, SOURCE);
    let _gateway = place.start();
    let (longest, too_long) = ("a".repeat(255), "a".repeat(256));
    let cases: [(&[u8], Option<&str>); 8] = [
        (b"application/json", Some("application/json")),
        (b"\t application/json; a=\"b\" \t", Some("application/json; a=\"b\"")),
        (longest.as_bytes(), Some(&longest)),
        (too_long.as_bytes(), None),
        (b"", None),
        (b" \t", None),
        (b"text/plain;\ta=b", None),
        (b"text/plain; a=\xfc", None),
    ];
    let plain = cases.iter().enumerate().map(|(number, (value, _))| {
        Odd::new(&format!("plain_{number}"), &[("content-type", value)], b"{}")
    });
    let sealed = cases.iter().enumerate().map(|(number, (value, _))| {
        let text = String::from_utf8_lossy(value);
        let header: [(_, &[u8]); 1] = [("content-type", b"application/jose")];
        Odd::encrypted(&format!("sealed_{number}"), &header, b"{}", &text)
    });
    let events: Vec<_> = plain.chain(sealed).collect();
    let taken = delivered(&place, &server, &events);
    for (taken, (value, expected)) in taken.iter().zip(cases.iter().chain(&cases)) {
        let value = String::from_utf8_lossy(value);
        assert_eq!(taken.header("content-type"), *expected, "{value:?}");
        assert_eq!(taken.body, b"{}");
    }
    let metric = "postseal_dropped_headers_total{source=\"orders\",header=\"content-type\"}";
    assert_eq!(place.metric(metric), 10.0);
}

#[test]
fn a_header_is_passed_on_whole_or_not_at_all() {
    let (place, server) = (Place::new("passed-on"), strict());
    configure(&place, &server, SOURCE);
    let gateway = place.start();
    let topic = |id: &str, values: &[&[u8]]| {
        let headers: Vec<_> = values.iter().map(|&value| ("x-topic", value)).collect();
        Odd::new(id, &headers, b"{}")
    };
    let (longest, too_long) = ("a".repeat(2048), "a".repeat(2049));
    let events = [
        topic("none", &[]),
        topic("empty", &[b" \t"]),
        topic("padded", &[b"\t paid \t"]),
        topic("tab", &[b"a\tb"]),
        topic("two", &[b"a", b" b ", b"c, d"]),
        topic("latin", &[b"caf\xe9"]),
        topic("half", &[b"a", b"\xff"]),
        topic("longest", &[longest.as_bytes()]),
        topic("long", &[too_long.as_bytes()]),
        topic("long_together", &[&[b'a'; 1500], &[b'a'; 1500]]),
    ];
    let expected = [
        None,
        Some(""),
        Some("paid"),
        Some("a\tb"),
        Some("a, b, c, d"),
        None,
        None,
        Some(longest.as_str()),
        None,
        None,
    ];
    let taken = delivered(&place, &server, &events);
    for ((taken, expected), odd) in taken.iter().zip(expected).zip(&events) {
        assert_eq!(taken.header("x-topic"), expected, "{}", odd.id);
    }

    // Headers that `pass_on` names first have precedence for the bytes of all.
    let all: [(_, &[u8]); 3] =
        [("x-third", b"short"), ("x-other", &[b'b'; 2048]), ("x-topic", longest.as_bytes())];
    let taken = delivered(&place, &server, &[Odd::new("all", &all, b"{}")]).remove(0);
    let lengths = ["x-topic", "x-other", "x-third"].map(|name| taken.header(name).map(str::len));
    assert_eq!(lengths, [Some(2048), None, Some(5)]);

    let dropped = |name: &str| {
        let labels = format!("{{source=\"orders\",header=\"{name}\"}}");
        place.metric(&format!("postseal_dropped_headers_total{labels}"))
    };
    assert_eq!(["x-topic", "x-other", "x-third"].map(dropped), [4.0, 1.0, 0.0]);
    let log = gateway.end();
    let told = log.lines().filter(|line| line.contains("x-other") && line.contains("dropped"));
    assert_eq!(told.count(), 1, "{log}");
    assert!(!log.contains("paid") && !log.contains("aaaa"), "a value is in the log: {log}");
}

/// So that an operator can deliver an event that the application refused because of a header.
#[test]
fn a_header_removed_from_pass_on_is_not_sent_on_replay() {
    let (place, server) = (Place::new("values-renamed"), strict());
    configure(&place, &server, SOURCE);
    let gateway = place.start();
    let headers: [(_, &[u8]); 2] = [("x-topic", b"paid"), ("x-other", b"1")];
    let first = delivered(&place, &server, &[Odd::new("evt_1", &headers, b"{}")]).remove(0);
    assert_eq!((first.header("x-topic"), first.header("x-other")), (Some("paid"), Some("1")));
    gateway.end();
    configure(&place, &server, "pass_on = [\"x-other\"]");
    let gateway = place.start();
    assert_eq!(place.json(&["events", "replay", "1"])["events"], json!([1]));
    all_delivered(&place, &server);
    let second = server.taken().remove(1);
    assert_eq!((second.header("x-topic"), second.header("x-other")), (None, Some("1")));
    gateway.end();
}

/// An HTTP/2 parser does not strip white space around values.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_over_http2_are_treated_the_same() {
    let (place, server) = (Place::new("values-http2"), strict());
    configure(&place, &server, SOURCE);
    let _gateway = place.start();
    let stream = tokio::net::TcpStream::connect(place.listen).await.unwrap();
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let cases: [(&[u8], Option<&str>, Option<&str>); 4] = [
        (b" \t ", None, Some("")),
        (b" a/b\t", Some("a/b"), Some("a/b")),
        (b"a\tb", None, Some("a\tb")),
        (b"\xff", None, None),
    ];
    for (number, (value, ..)) in cases.iter().enumerate() {
        let odd = Odd::new(&format!("evt_{number}"), &[], b"{}");
        let mut request = Request::post(format!("http://{}{PATH}", place.listen));
        for (name, value) in &odd.headers {
            request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
        }
        for name in ["content-type", "x-topic"] {
            request = request.header(name, HeaderValue::from_bytes(value).unwrap());
        }
        let request = request.body(Full::new(Bytes::from(odd.body))).unwrap();
        assert_eq!(client.send_request(request).await.unwrap().status(), 202, "{value:?}");
    }
    tokio::task::block_in_place(|| all_delivered(&place, &server));
    let taken = server.taken();
    for (number, (value, content_type, topic)) in cases.iter().enumerate() {
        let id = format!("evt_{number}");
        let taken = taken.iter().find(|taken| taken.header("postseal-id") == Some(&id)).unwrap();
        assert_eq!(taken.header("content-type"), *content_type, "{value:?}");
        assert_eq!(taken.header("x-topic"), *topic, "{value:?}");
    }
}

/// One for each way in which an earlier version has stored what cannot be sent.
const EARLIER: [(&str, &str, Option<&str>); 6] = [
    ("", r#"{"x-topic":"paid"}"#, Some("paid")),
    (" ", r#"{"x-topic":" paid\t"}"#, Some("paid")),
    ("a\tb", r#"{"x-topic":"paid","expect":"100-continue","te":"trailers"}"#, Some("paid")),
    ("a/b\r\nx: y", r#"{"x-topic":"a\r\nb","svix-id":"x","no name":"x"}"#, None),
    ("\u{fc}", r#"{"x-topic":17,"if-match":"x","connection":"close"}"#, None),
    ("a/b", "no JSON", None),
];

/// Accepts an event for each of `EARLIER`, rewrites them with `write`, and delivers them again.
fn earlier_events_are_delivered(place: &Place, write: impl Fn(usize, &str, &str)) {
    let server = strict();
    configure(place, &server, SOURCE);
    let gateway = place.start();
    let events: Vec<_> =
        (1..=EARLIER.len() + 1).map(|n| Odd::new(&format!("evt_{n}"), &[], b"{}")).collect();
    delivered(place, &server, &events);
    gateway.end();
    for (number, (content_type, passed_on, _)) in (1..).zip(EARLIER) {
        write(number, content_type, passed_on);
    }
    let long = format!(r#"{{"x-other":"{}","x-topic":"paid"}}"#, "a".repeat(20_000));
    write(EARLIER.len() + 1, &"a".repeat(300), &long);

    let first = server.taken().len();
    let gateway = place.start();
    for number in 1..=events.len() {
        let replayed = place.json(&["events", "replay", &number.to_string()]);
        assert_eq!(replayed["events"], json!([number]));
    }
    all_delivered(place, &server);
    let taken = server.taken().split_off(first);
    let topics = EARLIER.map(|(.., topic)| topic).into_iter().chain([Some("paid")]);
    for (odd, topic) in events.iter().zip(topics) {
        let taken = taken.iter().find(|taken| taken.header("postseal-id") == Some(&odd.id));
        assert_eq!(taken.expect(&odd.id).header("x-topic"), topic, "{}", odd.id);
    }
    gateway.end();
}

#[test]
fn events_of_an_earlier_version_are_delivered_too() {
    let place = Place::new("values-earlier");
    let store = place.store();
    earlier_events_are_delivered(&place, |number, content_type, passed_on| {
        let store = rusqlite::Connection::open(&store).unwrap();
        store.busy_timeout(Duration::from_secs(10)).unwrap();
        let update = "UPDATE events SET content_type = ?2, passed_on = ?3 WHERE number = ?1";
        let number = i64::try_from(number).unwrap();
        let changed = store.execute(update, (number, content_type, passed_on)).unwrap();
        assert_eq!(changed, 1);
    });
}

#[test]
fn events_of_an_earlier_version_in_postgres_are_delivered_too() {
    let Some(postgres) = PostgresServer::shared() else { return };
    let url = postgres.database();
    let place = Place::with_store("values-earlier-postgres", &url);
    earlier_events_are_delivered(&place, |number, content_type, passed_on| {
        postgres.ask(
            &url,
            &format!(
                "UPDATE postseal_events SET content_type = $a${content_type}$a$,
                   passed_on = $a${passed_on}$a$ WHERE number = {number}"
            ),
        );
    });
}

#[test]
fn the_longest_head_leaves_room_for_the_applications_url() {
    let pairs: Vec<_> = (1..=8u8)
        .map(|number| {
            let seed = &mut |bytes: &mut [u8]| {
                bytes.fill(number);
                Ok(())
            };
            generate_signing_key_pair(seed).unwrap()
        })
        .collect();
    let secrets: Vec<_> = pairs.iter().map(|pair| format!("\"{}\"", &*pair.private_key)).collect();
    let server = StrictServer::start(&[], &[&pairs[0].public_key]);
    let (place, source) = (Place::new("longest-head"), "n".repeat(64));
    let names: Vec<_> = (0..32).map(|number| format!("x-{number:02}")).collect();
    place.write(&format!(
        "listen = \"{}\"\nadmin_listen = \"{}\"\nstore = \"sqlite:{}\"\n\
         delivery_secrets = [{}]\n\
         [[source]]\nname = \"{source}\"\npath = \"{PATH}\"\nmax_attempts = 1\n\
         secrets = [{{ secret = \"{SECRET}\", id = \"{}\" }}]\ndeliver_to = \"{}\"\n\
         pass_on = {names:?}\n",
        place.listen,
        place.admin,
        place.store().display(),
        secrets.join(", "),
        "s".repeat(128),
        server.url(),
    ));
    let _gateway = place.start();
    let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
    let value = [b'v'; 450];
    let mut headers: Vec<_> = names.iter().map(|&name| (name, &value[..])).collect();
    headers.push(("content-type", &[b'a'; 255]));
    let odd = Odd::new(&"i".repeat(256), &headers, b"{}");
    let taken = delivered(&place, &server, &[odd]).remove(0);
    assert!(taken.head_bytes <= 6 << 10, "{} bytes", taken.head_bytes);
    assert_eq!(taken.header("content-type").map(str::len), Some(255));
    assert_eq!(taken.header("x-00").map(str::len), Some(450));
}
