//! What `seal` writes, `open` reads: each scheme, plain and encrypted, and each way to hand it on.

use serde_json::Value;

use crate::program::{KEY, KEY_ID, OTHER_SECRET, Program, SECRET, postseal, scratch, words};

/// Each scheme, with its headers in the order in which they are written.
const SCHEMES: [(&str, &[&str]); 6] = [
    ("standard", &["webhook-id", "webhook-timestamp", "webhook-signature"]),
    ("x-webhook", &["X-Webhook-Timestamp", "X-Webhook-Signature"]),
    ("stripe", &["Stripe-Signature"]),
    ("github", &["X-Hub-Signature-256"]),
    ("slack", &["X-Slack-Request-Timestamp", "X-Slack-Signature"]),
    ("shopify", &["X-Shopify-Hmac-SHA256"]),
];

fn seal(scheme: &str) -> Program {
    words("seal --id evt_1 --scheme").args([scheme, "--secret", SECRET])
}

fn open(scheme: &str) -> Program {
    words("open --scheme").args([scheme, "--secret", SECRET])
}

/// Payloads that a text tool would change.
fn payloads() -> [Vec<u8>; 5] {
    [
        Vec::new(),
        b"{\"n\":1}".to_vec(),
        b"a line\n".to_vec(),
        b"\n\r\n--\0".to_vec(),
        (0..=u8::MAX).collect(),
    ]
}

#[test]
fn each_payload_comes_back_byte_for_byte() {
    for (scheme, _) in SCHEMES {
        for payload in payloads() {
            let sealed = seal(scheme).input(&payload).run().accepted();
            assert!(sealed.ends_with(&payload), "{scheme}");
            let opened = open(scheme).arg("--request=-").input(&sealed).run();
            assert_eq!(opened.accepted(), payload, "{scheme}");

            let sealed = seal(scheme).args(["--encryption-key", KEY]).input(&payload).run();
            let opened = open(scheme)
                .args(["--encryption-key", KEY, "--request", "-"])
                .input(sealed.accepted())
                .run();
            assert_eq!(opened.accepted(), payload, "{scheme}, encrypted");
        }
    }
}

#[test]
fn each_scheme_writes_its_headers_in_order() {
    for (scheme, names) in SCHEMES {
        let sealed = seal(scheme).args(["--content-type", "text/plain"]).input("x").run().text();
        let head = sealed.strip_suffix("\n\nx").unwrap();
        let written: Vec<_> = head.lines().map(|line| line.split_once(": ").unwrap().0).collect();
        assert_eq!(written.first(), Some(&"content-type"), "{scheme}");
        assert_eq!(&written[1..], names, "{scheme}");
    }
}

#[test]
fn a_file_a_pipe_and_arguments_give_the_same() {
    for envelope in ["jwe", "json"] {
        let keys = ["--encryption-key", KEY, "--envelope", envelope];
        let sealed = seal("standard").args(keys).input("{}").run().accepted();
        let path = scratch(&format!("request-{envelope}"));
        std::fs::write(&path, &sealed).unwrap();
        let open = || open("standard").args(keys);
        assert_eq!(open().arg("--request").arg(&path).run().text(), "{}");
        assert_eq!(open().args(["--request", "-"]).input(&sealed).run().text(), "{}");

        let sealed = String::from_utf8(sealed).unwrap();
        let (head, body) = sealed.split_once("\n\n").unwrap();
        let headers = head.lines().flat_map(|line| ["--header", line]);
        assert_eq!(open().args(headers).input(body).run().text(), "{}");
    }
}

#[test]
fn json_carries_what_plain_output_does() {
    let sealed = seal("standard").args(["--encryption-key", KEY, "--json"]).input("{}").run();
    let json = sealed.json();
    let members: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(members, ["body_base64", "headers", "ok"]);
    let text = String::from_utf8(sealed.accepted()).unwrap();
    let order = ["\"ok\":true", "content-type", "webhook-id", "webhook-timestamp", "body_base64"];
    let places: Vec<_> = order.iter().map(|word| text.find(word).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");

    let headers = json["headers"].as_object().unwrap().iter();
    let headers =
        headers.map(|(name, value)| format!("--header={name}:{}", value.as_str().unwrap()));
    let body = decoded(&json["body_base64"]);
    let opened = open("standard")
        .args(headers)
        .args(["--encryption-key", KEY, "--json"])
        .input(&body)
        .run()
        .json();
    assert_eq!(decoded(&opened["payload_base64"]), b"{}");
    let expected = serde_json::json!({
        "ok": true,
        "id": "evt_1",
        "timestamp": opened["timestamp"].as_u64().unwrap(),
        "replay_key": "evt_1",
        "replay_key_source": "signed_id",
        "replay_protected": true,
        "secret_id": "secret-1",
        "matched_secret_ids": ["secret-1"],
        "encrypted": true,
        "encryption_key_id": KEY_ID,
        "content_type": null,
        "payload_base64": "e30=",
    });
    assert_eq!(opened, expected);
}

#[test]
fn several_secrets_rotate() {
    let both = ["--secret", OTHER_SECRET];
    let sealed = seal("standard").args(both).input("{}").run().accepted();
    let open = |secrets: &[&str]| {
        postseal(["open", "--json", "--request", "-"]).args(secrets).input(&sealed).run().json()
    };
    let json = open(&["--secret", OTHER_SECRET]);
    assert_eq!(json["matched_secret_ids"], serde_json::json!(["secret-1"]));
    let json = open(&["--secret", OTHER_SECRET, "--secret", SECRET]);
    assert_eq!(json["matched_secret_ids"], serde_json::json!(["secret-1", "secret-2"]));
}

#[test]
fn an_audience_and_a_media_type_are_carried() {
    let sealed = seal("standard")
        .args(["--encryption-key", KEY, "--audience", "orders", "--content-type", "text/csv"])
        .input("a,b")
        .run()
        .accepted();
    let open = |audience: &str| {
        open("standard")
            .args(["--encryption-key", KEY, "--request", "-", "--audience", audience])
            .input(&sealed)
    };
    assert_eq!(open("orders").arg("--json").run().json()["content_type"], "text/csv");
    open("invoices").run().refused(1, "wrong_audience");
}

#[test]
fn the_host_gives_time_and_nonces() {
    let seal = || seal("standard").args(["--encryption-key", KEY]).input("{}").run().accepted();
    let (one, other) = (seal(), seal());
    assert_ne!(one, other, "two nonces");
    open("standard").args(["--encryption-key", KEY, "--request", "-"]).input(one).run().accepted();
}

fn decoded(value: &Value) -> Vec<u8> {
    use base64ct::{Base64, Encoding};

    Base64::decode_vec(value.as_str().unwrap()).unwrap()
}
