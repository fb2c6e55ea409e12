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
