//! Streams that break, never end or cannot be written; and secrets in the wrong place.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::program::{KEY, NOW, SECRET, postseal, scratch, words};

const MIB: usize = 1 << 20;

#[test]
fn a_reader_who_goes_is_no_error() {
    let payload = vec![b'x'; MIB];
    let mut child = words("seal --id evt_1 --secret").arg(SECRET).spawn();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(&payload).unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(errors, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_of_errors_who_goes_changes_nothing() {
    let mut child = words("keyid env:TEST_NOT_SET").spawn();
    drop(child.stderr.take());
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn a_body_without_end_is_refused_at_the_limit() {
    for arguments in ["open --secret", "seal --id evt_1 --secret", "open --request - --secret"] {
        let mut child = words(arguments).arg(SECRET).spawn();
        let mut pipe = child.stdin.take().unwrap();
        let block = [b'x'; 4096];
        let head = b"a: b\n\n";
        let mut taken = 0;
        if pipe.write_all(head).is_ok() {
            while let Ok(bytes) = pipe.write(&block) {
                taken += bytes;
                assert!(taken <= 4 * MIB, "{arguments}: it goes on reading");
            }
        }
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert!(errors.starts_with("postseal: body_too_large: "), "{errors}");
        assert_eq!(child.wait().unwrap().code(), Some(1));
    }
}

#[test]
fn the_limit_is_exact() {
    let seal = |bytes: usize, limit: &str| {
        let limit = ["--max-body-bytes", limit];
        let run = words("seal --id evt_1 --secret").arg(SECRET).args(limit);
        run.input(vec![b'x'; bytes]).run()
    };
    let sealed = seal(2 * MIB, "2097152").accepted();
    seal(2 * MIB + 1, "2097152").refused(1, "body_too_large");
    let open = |limit: &str| {
        let limit = ["--max-body-bytes", limit];
        words("open --request - --secret").arg(SECRET).args(limit).input(&sealed).run()
    };
    assert_eq!(open("2097152").accepted().len(), 2 * MIB);
    open("2097151").refused(1, "body_too_large");
}

#[test]
fn a_closed_input_is_an_empty_body() {
    let output = Command::new(env!("CARGO_BIN_EXE_postseal"))
        .args(["seal", "--id", "evt_1", "--now", NOW, "--secret", SECRET])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout.ends_with(b"\n\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_2() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_postseal")).arg("keygen").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("postseal: standard output cannot be written: "), "{errors}");
}

#[cfg(unix)]
#[test]
fn an_output_that_is_only_for_reading_is_2() {
    let read_only = std::fs::File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_postseal"))
        .arg("keygen")
        .stdout(read_only)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("postseal: standard output cannot be written: "), "{errors}");
}

#[cfg(unix)]
#[test]
fn an_input_that_cannot_be_read_is_2() {
    let folder = std::fs::File::open(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_postseal"))
        .args(["seal", "--id", "evt_1", "--secret", SECRET])
        .stdin(folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("postseal: invalid_config: standard input cannot be"), "{errors}");
}

#[test]
fn wrong_options_are_told_before_the_body_is_read() {
    let mut child = words("seal --id evt_1 --secret whsec_short").spawn();
    let open_pipe = child.stdin.take().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    drop(open_pipe);
}

/// A secret that stands where something else belongs must not reach a log.
#[test]
fn no_secret_is_ever_shown() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let in_object = format!("{{\"secret\":\"{secret}\"");
    let path = scratch("shown").display().to_string();
    std::fs::write(&path, secret).unwrap();
    let lines: [&[&str]; 17] = [
        &[secret],
        &["keyid", secret],
        &["keyid", KEY, secret],
        &["keyid", &format!("--{secret}")],
        &["keygen", secret],
        &["open", secret],
        &["open", "--secret", "a", secret],
        &["open", "--secret", &in_object],
        &["open", "--public-key", secret],
        &["open", "--secret", "a", "--encryption-key", secret],
        &["open", "--secret", "a", "--scheme", secret],
        &["open", "--secret", "a", "--now", secret],
        &["open", "--secret", "a", "--tolerance", secret],
        &["open", "--secret", "a", "--max-body-bytes", secret],
        &["open", "--secret", "a", "--encryption", secret],
        &["open", &format!("--{secret}")],
        &["seal", "--secret", KEY, "--id", secret, &format!("-{secret}=1")],
    ];
    for line in lines {
        for json in [&[][..], &["--json"]] {
            let run = postseal(line.iter().chain(json)).run();
            let output = String::from_utf8(run.output).unwrap();
            assert_eq!(run.exit, 2, "{line:?}");
            assert!(!run.errors.contains("MfKQ") && !output.contains("MfKQ"), "{line:?}");
        }
    }
    let said = postseal(["open", "--secret", &format!("file:{path}"), "--request", &path]).run();
    assert!(!said.refused(2, "invalid_config").contains("MfKQ"));
}

/// `env:$SECRET` is soon typed for `env:SECRET`.
#[test]
fn no_secret_is_shown_as_a_name_or_a_path() {
    let secrets = [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsk_MfKQ",
        "whpk_MfKQ",
        "WHENC_MfKQ",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "e1MfKQ06f4a2f4d1c8b9a0c7d6e5f4a3",
        "MfKQ and some words",
        "MfKQ-",
    ];
    for secret in secrets {
        let said = |arguments: &[&str]| {
            let run = postseal(arguments.iter().chain(&["--json"])).run();
            let all = run.errors + &String::from_utf8(run.output).unwrap();
            assert!(run.exit == 2 && all.contains("cannot be read") || all.contains("is not set"));
            all
        };
        let variable = format!("env:{secret}");
        let object = format!("{{\"secret\":\"{variable}\"}}");
        for named in [&variable, &object] {
            for all in [said(&["open", "--secret", named]), said(&["keyid", named])] {
                assert!(!all.contains("MfKQ") && all.contains("without a `$`"), "{all}");
            }
        }
        if secret.contains([' ', '-']) {
            continue;
        }
        let file = format!("file:{secret}");
        for all in [
            said(&["open", "--secret", &file]),
            said(&["keyid", &file]),
            said(&["open", "--secret", SECRET, "--request", secret]),
        ] {
            assert!(!all.contains("MfKQ") && all.contains("(not shown)"), "{all}");
        }
    }
}

#[test]
fn names_and_paths_that_look_like_it_are_shown() {
    let name = "N".repeat(64);
    for name in ["PARTNER_SECRET_2", "private_key", "_a", &name] {
        let said = postseal(["keyid", &format!("env:{name}")]).run().refused(2, "invalid_key");
        assert_eq!(said, format!("the environment variable {name} is not set"));
    }
    let path = format!("/{}", "p".repeat(254));
    for path in ["not-there/partner.key", "/run/secrets/orders-2", &path] {
        let said = postseal(["keyid", &format!("file:{path}")]).run().refused(2, "invalid_key");
        assert!(said.starts_with(&format!("the file {path} cannot be read: ")), "{said}");
    }
    for long in [format!("env:{name}N"), format!("file:{path}p"), "file:a\u{1b}[1m".to_owned()] {
        let said = postseal(["keyid", &long]).run().refused(2, "invalid_key");
        assert!(said.contains("(not shown)"), "{said}");
    }
}

/// A secret may be a word, so what was typed is not shown at all; what is like it, is.
#[test]
fn a_usage_error_shows_nothing_that_was_typed() {
    let word = "correct-horse-batt";
    for line in [
        &[word][..],
        &["keygen", word],
        &["keyid", "a", word],
        &["open", &format!("--{word}")],
        &["open", "--secret", "a", "--scheme", word],
        &["open", "--secret", "a", "--tolerance", word],
    ] {
        let run = postseal(line.iter().chain(&["--json"])).run();
        let all = run.errors + &String::from_utf8(run.output).unwrap();
        assert!(run.exit == 2 && all.contains("(not shown)"), "{all}");
        assert!(!all.contains("horse"), "{all}");
    }
    for (line, similar) in [("opne", "'open'"), ("open --secrets a", "'--secret'")] {
        let said = words(line).run().refused(2, "invalid_config");
        assert!(said.contains("similar") && said.contains(similar), "{said}");
    }
}
