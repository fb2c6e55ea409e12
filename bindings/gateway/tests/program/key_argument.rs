//! Each spelling of a secret or key, and what is said of one that cannot be read.

use crate::program::{KEY, KEY_ID, NOW, OTHER_SECRET, Program, SECRET, key_file, postseal, words};

fn sealed() -> Vec<u8> {
    words("seal --id evt_1 --secret")
        .args([SECRET, "--encryption-key", KEY, "--now", NOW])
        .input("{}")
        .run()
        .accepted()
}

fn open(secret: &str, key: &str) -> Program {
    words("open --request - --now")
        .args([NOW, "--secret", secret, "--encryption-key", key])
        .input(sealed())
}

fn keyid(key: &str) -> Program {
    postseal(["keyid", key])
}

fn object(members: &str) -> String {
    format!("{{{members}}}")
}

#[test]
fn each_spelling_opens() {
    let in_object = |spelling: &str| object(&format!(r#""secret":"{spelling}""#));
    let spellings = |name: &str, key: &str| {
        let file = key_file(name, format!("{key}\n"));
        let lines = key_file(&format!("{name}-crlf"), format!("{key}\r\n"));
        let variable = "env:TEST_KEY".to_owned();
        let objects = [key, &variable, &file].map(in_object);
        [vec![key.to_owned(), variable, file, lines], objects.to_vec()].concat()
    };
    for secret in spellings("spelling-secret", SECRET) {
        let run = open(&secret, KEY).env("TEST_KEY", SECRET).run();
        assert_eq!(run.text(), "{}", "{secret}");
    }
    for key in spellings("spelling-key", KEY) {
        let run = open(SECRET, &key).env("TEST_KEY", KEY).run();
        assert_eq!(run.text(), "{}", "{key}");
        let run = keyid(&key).env("TEST_KEY", KEY).run();
        assert_eq!(run.text().trim_end(), KEY_ID, "{key}");
    }
}

#[test]
fn an_object_names_its_key() {
    let secret = object(&format!(r#""id":"2025","secret":"{SECRET}""#));
    let run = words("seal --id evt_1 --scheme standard --secret")
        .args([&secret, "--encryption-key", &object(&format!(r#""id":"k","secret":"{KEY}""#))])
        .input("{}")
        .run();
    let opened = words("open --request - --json --secret")
        .args([&secret, "--encryption-key", &object(&format!(r#""id":"k","secret":"{KEY}""#))])
        .input(run.accepted())
        .run();
    assert_eq!(opened.json()["secret_id"], "2025");
    assert_eq!(opened.json()["encryption_key_id"], "k");
}

#[test]
fn an_object_says_when_its_key_is_live() {
    let secret = |members: &str| object(&format!(r#""secret":"{SECRET}",{members}"#));
    open(&secret(r#""notBefore":1700000000"#), KEY).run().accepted();
    open(&secret(r#""notAfter":1700000001"#), KEY).run().accepted();
    for dead in [r#""notBefore":1700000001"#, r#""notAfter":1700000000"#] {
        open(&secret(dead), KEY).run().refused(2, "no_live_secret");
    }
}

#[test]
fn an_object_says_that_its_secret_is_text() {
    let secret = r#"{"secret":"a secret that is plain text","encoding":"text"}"#;
    let sealed = words("seal --id evt_1 --secret").arg(secret).input("{}").run().accepted();
    words("open --request - --secret").arg(secret).input(&sealed).run().accepted();
    words("open --request - --secret")
        .arg("a secret that is plain text")
        .input(&sealed)
        .run()
        .refused(2, "invalid_secret");
}

#[test]
fn a_variable_or_file_holds_text_and_nothing_else() {
    for text in ["env:OTHER_VARIABLE_16", "file:/etc/hostname-16", r#"{"secret":"0123456789"}"#] {
        let seal = |spelling: &str| {
            let run = words("seal --scheme x-webhook --id evt_1 --now 1700000000 --secret");
            run.arg(spelling).env("TEST_KEY", text).input("{}").run().accepted()
        };
        assert_eq!(seal("env:TEST_KEY"), seal(&key_file("literal", text)));
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let missing = key_file("not-there", "");
    std::fs::remove_file(missing.strip_prefix("file:").unwrap()).unwrap();
    let folder = format!("file:{}", env!("CARGO_TARGET_TMPDIR"));
    let cases = [
        ("env:TEST_KEY_NOT_SET", "the environment variable TEST_KEY_NOT_SET is not set"),
        (missing.as_str(), "cannot be read: "),
        (folder.as_str(), "cannot be read: "),
        (&key_file("latin", b"\xe9t\xe9"), "is not UTF-8"),
        (&key_file("long", "x".repeat(4097)), "is too long to hold a key"),
    ];
    for (spelling, message) in cases {
        let said = open(spelling, KEY).run().refused(2, "invalid_secret");
        assert!(said.contains(message), "{said}");
        let said = open(SECRET, spelling).run().refused(2, "invalid_key");
        assert!(said.contains(message), "{said}");
        let said = keyid(spelling).run().refused(2, "invalid_key");
        assert!(said.contains(message), "{said}");
        let said = open(SECRET, KEY).args(["--public-key", spelling]).run();
        assert!(said.refused(2, "invalid_key").contains(message));
    }
}

#[test]
fn an_object_of_another_shape_is_refused() {
    let secret = format!(r#""secret":"{SECRET}""#);
    let cases = [
        ("{".to_owned(), "invalid_secret", "secret-2: it begins with `{`, but"),
        (object(&secret) + "x", "invalid_secret", "secret-2: it begins with `{`, but"),
        (object(""), "invalid_secret", "secret-2: the JSON object has no member \"secret\""),
        (object(r#""secret":5"#), "invalid_secret", "secret-2: \"secret\" must be a string"),
        (object(r#""secret":"env:TEST_NOT_SET""#), "invalid_secret", "TEST_NOT_SET is not set"),
        (object(&format!(r#"{secret},"id":5"#)), "invalid_config", "\"id\" must be a string"),
        (object(&format!(r#"{secret},"encoding":"hex""#)), "invalid_config", "\"encoding\" must"),
        (object(&format!(r#"{secret},"notAfter":"soon""#)), "invalid_config", "Unix seconds"),
        (object(&format!(r#"{secret},"notBefore":1.5"#)), "invalid_config", "Unix seconds"),
        (object(&format!(r#"{secret},"not_after":1"#)), "invalid_config", "and no others"),
        (object(&format!(r#"{secret},{secret}"#)), "invalid_config", "each once"),
        (object(&format!(r#"{secret},"\u0073ecret":"a""#)), "invalid_config", "each once"),
        (object(&format!(r#"{secret},"notAfter":1,"notAfter":2"#)), "invalid_config", "each once"),
        (object(&format!(r#"{secret},"notAfter":null"#)), "invalid_config", "Unix seconds"),
        (object(&format!(r#"{secret},"id":null"#)), "invalid_config", "\"id\" must be a string"),
    ];
    for (argument, code, message) in cases {
        let run = open(OTHER_SECRET, KEY).args(["--secret", &argument]).run();
        assert!(!run.errors.contains(SECRET), "{}", run.errors);
        let said = run.refused(2, code);
        assert!(said.contains(message), "{argument}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn a_device_is_not_read() {
    for device in ["file:/dev/zero", "file:/dev/null"] {
        let said = open(device, KEY).run().refused(2, "invalid_secret");
        assert!(said.contains("neither a regular file nor a pipe"), "{said}");
    }
}

/// As `file:<(pass show key)` is.
#[cfg(unix)]
#[test]
fn a_pipe_is_read() {
    let path = crate::program::scratch("pipe");
    let _ = std::fs::remove_file(&path);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let write = |text: String| {
        let path = path.clone();
        std::thread::spawn(move || std::fs::write(path, text))
    };
    let spelling = format!("file:{}", path.display());
    let writer = write(format!("{KEY}\n"));
    assert_eq!(keyid(&spelling).run().text().trim_end(), KEY_ID);
    writer.join().unwrap().unwrap();
    let writer = write("x".repeat(1 << 20));
    let said = keyid(&spelling).run().refused(2, "invalid_key");
    assert!(said.contains("too long"), "{said}");
    drop(writer.join().unwrap());
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;

    let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    let said = open("env:TEST_KEY", KEY).env("TEST_KEY", bytes).run().refused(2, "invalid_secret");
    assert!(said.contains("the environment variable TEST_KEY is not UTF-8"), "{said}");
}
