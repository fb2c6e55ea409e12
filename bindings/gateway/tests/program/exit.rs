//! Exit codes: 0 accepted, 1 refused, 2 anything else; and the error in words and in JSON.

use crate::program::{KEY, NOW, OTHER_SECRET, Program, SECRET, words};

fn sealed() -> Vec<u8> {
    words("seal --id evt_1 --secret").args([SECRET, "--now", NOW]).input("{}").run().accepted()
}

fn open(arguments: &str) -> Program {
    words("open --request - --secret")
        .arg(SECRET)
        .args(arguments.split_whitespace())
        .input(sealed())
}

fn seal(arguments: &str) -> Program {
    words("seal --secret").arg(SECRET).args(arguments.split_whitespace()).input("{}")
}

#[test]
fn accepted_is_0() {
    open("--now 1700000000").run().accepted();
    open("--now 1700000000 --tolerance 1 --future-tolerance 1").run().accepted();
    open("--now 1700000010 --tolerance 10 --max-body-bytes 2").run().accepted();
    seal("--id evt_1").run().accepted();
    for line in ["--help", "--version", "help", "open --help", "seal --help", "keyid --help"] {
        let run = words(line).run();
        assert_eq!((run.exit, run.errors.as_str()), (0, ""), "{line}");
        assert!(run.output.ends_with(b"\n"), "{line}");
    }
}

#[test]
fn refused_is_1() {
    open("--now 1700000301").run().refused(1, "timestamp_too_old");
    open("--now 1700000002 --tolerance 1").run().refused(1, "timestamp_too_old");
    open("--now 1699999699").run().refused(1, "timestamp_too_new");
    open("--now 1700000000 --max-body-bytes 1").run().refused(1, "body_too_large");
    open("--now 1700000000 --scheme github").run().refused(1, "missing_header");
    open("--now 1700000000").args(["--encryption-key", KEY]).run().refused(1, "not_encrypted");
    seal("--id evt_1 --max-body-bytes 1").run().refused(1, "body_too_large");
    let run = words("open --request - --now 1700000000 --secret").arg(OTHER_SECRET).input(sealed());
    run.run().refused(1, "signature_mismatch");
}

#[test]
fn anything_else_is_2() {
    for now in ["0", "-1", "1700000000000", "1.5", "now", "99999999999999999999"] {
        open("--now").arg(now).run().refused(2, "invalid_config");
        seal("--id evt_1 --now").arg(now).run().refused(2, "invalid_config");
    }
    for wrong in [
        "--tolerance 0",
        "--tolerance 86401",
        "--tolerance -1",
        "--tolerance 4294967296",
        "--future-tolerance 0",
        "--max-body-bytes 0",
        "--max-body-bytes 33554433",
        "--max-body-bytes 1k",
        "--scheme paypal",
        "--envelope xml",
        "--encryption maybe",
        "--encryption required",
        "--audience orders",
        "--now 1700000000 --now 1700000000",
    ] {
        open(wrong).run().refused(2, "invalid_config");
    }
    seal("--id a.b").run().refused(2, "invalid_id");
    seal("--id evt_1 --audience orders").run().refused(2, "invalid_config");
    open("--secret whsec_short").run().refused(2, "invalid_secret");
    open("--encryption-key whenc_short").run().refused(2, "invalid_key");
}

#[test]
fn wrong_usage_is_2() {
    for line in [
        "sael",
        "open",
        "seal --id evt_1",
        "seal --secret env:PATH",
        "keyid",
        "keyid env:A env:B",
        "keygen rsa",
        "keygen --bits 2048",
        "open --secret",
        "open --secret env:PATH --header a:b --request -",
        "--json",
    ] {
        let run = words(line).run();
        assert_eq!(run.exit, 2, "{line}");
        assert!(run.errors.starts_with("postseal: invalid_config: "), "{line}: {}", run.errors);
        assert!(run.errors.contains("--help"), "{line}: {}", run.errors);
    }
    let run = words("").run();
    assert!(run.exit == 2 && run.output.is_empty() && run.errors.contains("Commands:"));
}

#[test]
fn with_json_the_error_is_on_both_streams() {
    let cases = [
        (open("--json"), 1, "timestamp_too_old"),
        (open("--json --now 0"), 2, "invalid_config"),
        (seal("--json --id a.b"), 2, "invalid_id"),
        (words("keyid --json env:TEST_NOT_SET"), 2, "invalid_key"),
        (words("--json open --secret env:TEST_NOT_SET"), 2, "invalid_secret"),
        (words("open --json"), 2, "invalid_config"),
        (words("open --jsn --json"), 2, "invalid_config"),
    ];
    for (program, exit, code) in cases {
        let run = program.run();
        assert_eq!(run.exit, exit, "{code}");
        let json = run.json();
        let members: Vec<_> = json.as_object().unwrap().keys().collect();
        assert_eq!(members, ["code", "message", "ok"]);
        assert_eq!((&json["ok"], &json["code"]), (&false.into(), &code.into()));
        let line = format!("postseal: {code}: {}", json["message"].as_str().unwrap());
        assert!(run.errors.starts_with(&line), "{line}\n{}", run.errors);
    }
}
