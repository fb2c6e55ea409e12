//! The vectors through the program: each case that arguments can say, one process a case.
//!
//! Not said here: an empty list, an entry that is not set, the keys of one call, a nonce, a count.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64ct::{Base64, Encoding};
use postseal::Code;
use serde_json::{Map, Value, json};

use crate::program::{Program, Run, words};

/// The longest argument that Linux takes, less room for its name.
const ARGUMENT_BYTES_MAX: usize = 128 * 1024 - 64;
const KEY_OPTIONS: [(&str, &str); 3] = [
    ("secrets", "--secret"),
    ("publicKeys", "--public-key"),
    ("encryptionKeys", "--encryption-key"),
];
const PLAIN_OPTIONS: [(&str, &str); 6] = [
    ("envelope", "--envelope"),
    ("encryption", "--encryption"),
    ("audience", "--audience"),
    ("toleranceSeconds", "--tolerance"),
    ("futureToleranceSeconds", "--future-tolerance"),
    ("maxBodyBytes", "--max-body-bytes"),
];
const CASE_MEMBERS: [&str; 13] = [
    "name",
    "scheme",
    "options",
    "now",
    "headers",
    "body",
    "body_base64",
    "body_repeat",
    "expect",
    "seal",
    "source",
    "message",
    "nonces",
];

/// What one case came to: `None` where arguments cannot say it.
type Outcome = Option<Result<(), String>>;

#[test]
fn every_case_gives_its_delivery_or_code() {
    run_all(
        1900,
        |file| file != "sender.json",
        |index, case| {
            let program = opening(index, case)?;
            Some(check(case, &program.arg("--json").run()))
        },
    );
}

#[test]
fn every_plain_case_with_a_seal_is_sealed_to_the_byte() {
    run_all(
        70,
        |file| file != "sender.json",
        |index, case| {
            let seal = case.get("seal").filter(|seal| seal.get("nonce").is_none())?;
            let run = sealing(index, case, &seal["message"], &seal["options"])?.run();
            let same = run.exit == 0 && run.output == request(case);
            Some(same.then_some(()).ok_or_else(|| format!("sealed otherwise: {run:?}")))
        },
    );
}

#[test]
fn every_refusal_of_a_sender_has_its_code() {
    run_all(
        100,
        |file| file == "sender.json",
        |index, case| {
            let message = case.get("message").filter(|_| case.get("nonces").is_none())?;
            let program = sealing(index, case, message, &case["options"])?;
            Some(check(case, &program.arg("--json").run()))
        },
    );
}

/// Runs the cases of some files, on every processor; at least `expected` of them can be said.
fn run_all(
    expected: usize,
    files: impl Fn(&str) -> bool,
    run: impl Fn(usize, &Value) -> Outcome + Sync,
) {
    let cases = cases(files);
    let (next, ran, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(case) = cases.get(index)
        {
            let Some(outcome) = run(index, case) else { continue };
            ran.fetch_add(1, Ordering::Relaxed);
            let said = outcome.err().map(|why| format!("{}: {why}", case["name"]));
            wrong.lock().unwrap().extend(said);
        }
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..processors).for_each(|_| drop(scope.spawn(work))));
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let ran = ran.into_inner();
    assert!(ran >= expected, "only {ran} of {} cases ran", cases.len());
}

fn cases(files: impl Fn(&str) -> bool) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.ends_with(".json") || !files(name) {
            continue;
        }
        let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let Value::Array(cases) = file["cases"].take() else { panic!("{name} has no cases") };
        all.extend(cases);
    }
    for case in &all {
        let unknown = members(case).keys().find(|name| !CASE_MEMBERS.contains(&name.as_str()));
        assert_eq!(unknown, None, "{}", case["name"]);
    }
    all
}

/// `open` with the request of a case: as arguments and standard input, or as one file.
fn opening(index: usize, case: &Value) -> Option<Program> {
    let options = &case["options"];
    if options.get("secrets").is_none() && options.get("publicKeys").is_none() {
        return None;
    }
    let program = common(index, "open", case, options)?;
    let headers: Vec<_> = headers(case).collect();
    let in_file =
        !headers.iter().any(|(name, value)| format!("{name}{value}").contains(['\n', '\r']));
    let as_arguments = !headers.iter().any(|(name, value)| {
        format!("{name}{value}").contains('\0') || value.len() > ARGUMENT_BYTES_MAX
    });
    match (in_file, as_arguments, index % 2) {
        (true, false, _) | (true, true, 0) => {
            Some(program.args(["--request", "-"]).input(request(case)))
        }
        (_, true, _) => {
            let headers = headers.iter().map(|(name, value)| format!("--header={name}: {value}"));
            Some(program.args(headers).input(body(case)))
        }
        (false, false, _) => None,
    }
}

fn sealing(index: usize, case: &Value, message: &Value, options: &Value) -> Option<Program> {
    options.get("secrets")?;
    let mut program = common(index, "seal", case, options)?;
    for (name, value) in members(message) {
        program = match name.as_str() {
            "id" => program.arg(argument("--id", text(value))?),
            "contentType" => program.arg(argument("--content-type", text(value))?),
            "payload" => program.input(text(value)),
            "payload_base64" => program.input(Base64::decode_vec(text(value)).unwrap()),
            _ => panic!("{}: an unknown member {name}", case["name"]),
        };
    }
    Some(program)
}

/// A command with the scheme, the instant and the options of a case.
fn common(index: usize, command: &str, case: &Value, options: &Value) -> Option<Program> {
    let mut program = words(command).arg(argument("--scheme", text(&case["scheme"]))?);
    program = program.arg(format!("--now={}", case["now"]));
    for (name, value) in members(options) {
        if let Some((_, flag)) = KEY_OPTIONS.iter().find(|(option, _)| option == name) {
            program = keys(program, index, flag, value.as_array().unwrap())?;
        } else if let Some((_, flag)) = PLAIN_OPTIONS.iter().find(|(option, _)| option == name) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            program = program.arg(argument(flag, &text)?);
        } else {
            let known = matches!(name.as_str(), "keys" | "sealedBefore");
            assert!(known, "{}: an unknown option {name}", case["name"]);
            return None;
        }
    }
    Some(program)
}

/// A list of keys, spelled in turn as text, as a variable and as an object.
fn keys(mut program: Program, index: usize, flag: &str, list: &[Value]) -> Option<Program> {
    if list.is_empty() {
        return None;
    }
    for (entry, position) in list.iter().zip(0..) {
        let variable = format!("POSTSEAL_TEST{flag}-{position}").replace('-', "_");
        let spelled = match (entry, (index + position) % 3) {
            (Value::Null, _) => return None,
            (Value::String(key), 0) => key.clone(),
            (Value::String(key), 1) if !key.contains('\0') => {
                program = program.env(&variable, key);
                format!("env:{variable}")
            }
            (Value::String(key), _) => json!({ "secret": key }).to_string(),
            _ => entry.to_string(),
        };
        program = program.arg(argument(flag, &spelled)?);
    }
    Some(program)
}

/// One argument, if an operating system can carry it.
fn argument(flag: &str, value: &str) -> Option<String> {
    let fits = !value.contains('\0') && value.len() <= ARGUMENT_BYTES_MAX;
    fits.then(|| format!("{flag}={value}"))
}

fn check(case: &Value, run: &Run) -> Result<(), String> {
    let expect = members(&case["expect"]);
    let expected = match expect.iter().next() {
        Some((name, code)) if name == "code" => return check_code(text(code), run),
        Some((name, delivery)) if name == "delivery" => delivery,
        _ => panic!("{}: an unknown expectation", case["name"]),
    };
    let mut facts = Map::new();
    facts.insert("ok".to_owned(), true.into());
    for (name, value) in members(expected) {
        match name.as_str() {
            "payload" => facts.insert("payload_base64".to_owned(), base64(value).into()),
            _ => facts.insert(snake_case(name), value.clone()),
        };
    }
    let facts = Value::Object(facts);
    if run.exit != 0 || !run.errors.is_empty() || run.json() != facts {
        return Err(format!(
            "not {facts}: {} {}",
            run.errors,
            String::from_utf8_lossy(&run.output)
        ));
    }
    Ok(())
}

fn check_code(expected: &str, run: &Run) -> Result<(), String> {
    let code = Code::ALL.iter().find(|code| code.as_str() == expected).expect("a known code");
    let exit = if matches!(code.status(), 401 | 413) { 1 } else { 2 };
    let line = format!("postseal: {expected}: ");
    if run.exit != exit || !run.errors.starts_with(&line) || run.json()["code"] != expected {
        return Err(format!("not {expected}: {} {}", run.exit, run.errors));
    }
    Ok(())
}

/// The case's request as `--request` reads it, and as `seal` writes it.
fn request(case: &Value) -> Vec<u8> {
    let lines = headers(case).map(|(name, value)| format!("{name}: {value}\n"));
    [lines.collect::<String>().into_bytes(), b"\n".to_vec(), body(case)].concat()
}

fn headers(case: &Value) -> impl Iterator<Item = (&str, &str)> {
    let headers = case["headers"].as_array().unwrap().iter();
    headers.map(|header| (text(&header[0]), text(&header[1])))
}

fn body(case: &Value) -> Vec<u8> {
    if let Some(body) = case.get("body") {
        return text(body).as_bytes().to_vec();
    }
    if let Some(body) = case.get("body_base64") {
        return Base64::decode_vec(text(body)).unwrap();
    }
    let (part, count) = (text(&case["body_repeat"][0]), case["body_repeat"][1].as_u64().unwrap());
    part.repeat(usize::try_from(count).unwrap()).into_bytes()
}

fn base64(value: &Value) -> String {
    Base64::encode_string(text(value).as_bytes())
}

fn snake_case(name: &str) -> String {
    let split = |char: char| match char.is_ascii_uppercase() {
        true => format!("_{}", char.to_ascii_lowercase()),
        false => char.to_string(),
    };
    name.chars().map(split).collect()
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}
