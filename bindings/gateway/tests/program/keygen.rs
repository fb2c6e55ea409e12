//! `keygen` and `keyid`: what is made stands alone on standard output, and works.

use crate::program::{KEY, KEY_ID, postseal, words};

#[test]
fn a_signing_secret_stands_alone() {
    for line in ["keygen", "keygen signing"] {
        let run = words(line).run();
        assert_eq!(run.errors, "");
        let secret = run.text();
        assert!(secret.starts_with("whsec_") && secret.ends_with("=\n"), "its form");
        assert_eq!(secret.len(), "whsec_".len() + 44 + 1);
    }
    assert_ne!(words("keygen").run().text(), words("keygen").run().text());
}

#[test]
fn an_encryption_key_stands_alone_and_its_id_beside() {
    let run = words("keygen encryption").run();
    let note = run.errors.clone();
    let key = run.text();
    assert!(key.starts_with("whenc_") && key.len() == "whenc_".len() + 44 + 1, "its form");
    let id = postseal(["keyid", key.trim_end()]).run().text();
    assert_eq!(note, format!("kid: {id}"));
}

#[test]
fn a_key_pair_signs_and_verifies() {
    let pair = words("keygen ed25519").run().text();
    let value = |line: &str, name: &str| line.strip_prefix(name).unwrap().to_owned();
    let mut lines = pair.lines();
    let private_key = value(lines.next().unwrap(), "private_key=");
    let public_key = value(lines.next().unwrap(), "public_key=");
    assert_eq!(lines.next(), None);
    assert!(private_key.starts_with("whsk_") && public_key.starts_with("whpk_"), "their forms");

    let sealed = words("seal --id evt_1 --secret").arg(&private_key).input("{}").run().accepted();
    let open = || words("open --request - --public-key").arg(&public_key).input(&sealed);
    assert_eq!(open().run().accepted(), b"{}");
    assert_eq!(open().arg("--json").run().json()["secret_id"], "public-key-1");
}

#[test]
fn json_has_exactly_these_members() {
    let cases: [(&str, &[&str]); 4] = [
        ("keygen --json", &["ok", "secret"]),
        ("--json keygen signing", &["ok", "secret"]),
        ("keygen encryption --json", &["encryption_key", "kid", "ok"]),
        ("keygen ed25519 --json", &["ok", "private_key", "public_key"]),
    ];
    for (line, members) in cases {
        let run = words(line).run();
        assert_eq!((run.exit, run.errors.as_str()), (0, ""), "{line}");
        let json = run.json();
        let mut names: Vec<&String> = json.as_object().unwrap().keys().collect();
        names.sort_unstable();
        assert_eq!(names, members, "{line}");
        assert_eq!(json["ok"], true);
    }
}

#[test]
fn a_key_has_the_id_that_the_core_gives_it() {
    assert_eq!(postseal(["keyid", KEY]).run().text(), format!("{KEY_ID}\n"));
    let json = postseal(["keyid", "--json", KEY]).run().json();
    assert_eq!(json, serde_json::json!({ "ok": true, "kid": KEY_ID }));
}
