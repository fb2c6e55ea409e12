//! What `postseal check` says of a configuration that cannot be right.

use crate::message::{DELIVERY_SECRET, KEY, SECRET};
use crate::running::{Application, Place};

/// What it says of a source with these lines, from the code on.
fn complaint(name: &str, general: &str, source: &str) -> String {
    let place = Place::new(&format!("check-{name}"));
    place.configure(general, "http://127.0.0.1:9/", source);
    let output = place.run(&["check"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{name}: {errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    for secret in [&SECRET[6..], &DELIVERY_SECRET[6..], &KEY[6..]] {
        assert!(!errors.contains(secret), "{name} shows a secret: {errors}");
    }
    errors
}

#[test]
fn a_mistake_is_named_with_its_line() {
    let source = |name: &str, secret: &str| {
        format!(
            "[[source]]\nname = \"{name}\"\npath = \"/b\"\nsecrets = [\"{secret}\"]\n\
             deliver_to = \"http://127.0.0.1:9/\""
        )
    };
    let tls = "[tls]\ncertificate = \"/none.pem\"\nkey = \"/none.pem\"";
    // The source begins in line 6, its own lines in line 11.
    let cases = [
        ("scheme", "", "scheme = \"nonsense\"", "invalid_config", 11),
        ("member", "", "retries = 3", "invalid_config", 11),
        ("number", "", "concurrency = 0", "invalid_config", 11),
        ("limit", "", "rate_limit = { requests = 0, per_seconds = 1 }", "invalid_config", 11),
        ("network", "", "allow_from = [\"10.0.0.0/33\"]", "invalid_config", 11),
        ("header", "", "pass_on = [\"webhook-id\"]", "invalid_config", 11),
        ("text", "", &format!("concurrency = \"{SECRET}\""), "invalid_config", 11),
        ("key", "", "encryption_keys = [\"whenc_short\"]", "invalid_key", 11),
        ("secret", "", &source("other", "whsec_short"), "invalid_secret", 14),
        ("policy", "", "encryption = \"required\"", "invalid_config", 11),
        ("window", "", "tolerance_seconds = 0", "invalid_config", 11),
        ("long", "", "max_body_bytes = 0", "invalid_config", 11),
        ("authority", "", "ca_file = \"/none.pem\"", "invalid_config", 11),
        ("unset", "", "public_keys = [\"env:NOT_SET_ANYWHERE\"]", "invalid_key", 11),
        ("pins", "", "pins = [\"sha256/AA\"]", "invalid_config", 11),
        ("same", "", &source("orders", SECRET), "invalid_config", 12),
        ("both", "", &source("other", DELIVERY_SECRET), "invalid_config", 14),
        ("store", "redis_down = \"maybe\"", "", "invalid_config", 5),
        ("tls", tls, "", "invalid_config", 0),
    ];
    for (name, general, source, code, line) in cases {
        let errors = complaint(name, general, source);
        assert!(errors.starts_with(&format!("postseal: {code}: ")), "{name}: {errors}");
        let place = format!("line {line}: ");
        assert!(line == 0 || errors.contains(&place), "{name}: {place} expected: {errors}");
    }
}

#[test]
fn a_header_that_cannot_be_passed_on_is_named() {
    let refused = [
        "Connection",
        "content-encoding",
        "Content-Length",
        "Expect",
        "host",
        "If-None-Match",
        "Keep-Alive",
        "postseal-id",
        "Proxy-Authorization",
        "Svix-Id",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "upgrade",
        "webhook-signature",
    ];
    for name in refused {
        let pass_on = format!("pass_on = [\"x-topic\", \"{name}\"]");
        let errors = complaint("pass-on", "", &pass_on);
        let told = format!("line 11: pass_on: {} ", name.to_ascii_lowercase());
        assert!(errors.contains(&told), "{told:?} expected: {errors}");
    }
    let many: Vec<_> = (0..33).map(|number| format!("x-{number}")).collect();
    let errors = complaint("pass-on", "", &format!("pass_on = {many:?}"));
    assert!(errors.contains("pass_on: at most 32 names"), "{errors}");
    let errors = complaint("pass-on", "", "pass_on = [\"x-topic\", \"no name\"]");
    assert!(errors.contains("pass_on: entry 2 is not the name of a header"), "{errors}");
}

#[test]
fn a_good_one_is_said_to_be_ready_with_what_may_be_wrong() {
    let (place, application) = (Place::new("check-good"), Application::start());
    place.configure("", &application.url(), &format!("encryption_keys = [\"{KEY}\"]"));
    let checked = place.json(&["check"]);
    assert_eq!(checked["ok"], true);
    let warnings = checked["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].as_str().unwrap().contains("not_after"));
}

#[test]
fn a_check_makes_no_store() {
    let (place, application) = (Place::new("check-unmade"), Application::start());
    place.configure("", &application.url(), "");
    let store = place.json(&["check"])["store"].as_str().unwrap().to_owned();
    assert!(store.contains("made at the start"), "{store}");
    assert!(!place.folder.join("events.db").exists());
    let gateway = place.start();
    assert_eq!(place.json(&["check"])["store"], "SQLite, synchronous = FULL");
    gateway.end();
}
