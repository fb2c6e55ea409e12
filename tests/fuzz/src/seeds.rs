//! Seeds: every vector, in the form of a target's bytes, as far as that form can say it.
//!
//! A target writes its seeds before it begins, if `SEEDS` names a folder. So they are always those
//! of the vectors as they are, and none is kept.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

use crate::frames::{END, OPERATIONS};
use crate::keys::NOW;
use crate::request::{Options, Request, SCHEMES, replaced};

type Seed = Vec<u8>;

/// Writes a target's seeds into the folder that `SEEDS` names.
pub fn write(seeds: fn(&Value) -> Vec<Seed>) {
    let Some(folder) = env::var_os("SEEDS") else { return };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).expect("a folder for seeds");
    let seeds = cases().iter().flat_map(seeds).collect::<Vec<_>>();
    assert!(seeds.len() >= 50, "only {} seeds were made of the vectors", seeds.len());
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("vector-{number:05}")), seed).expect("a seed");
    }
}

/// A case as scheme, options, headers and body.
pub fn requests(case: &Value) -> Vec<Seed> {
    let Some(body) = body(case) else { return Vec::new() };
    let mut head = head(case);
    let mut request = Request {
        options: Options::read(head[0], head[1]),
        headers: Vec::new(),
        body: body.clone(),
    };
    for header in case["headers"].as_array().into_iter().flatten() {
        let (name, value) = (text(&header[0]), text(&header[1]));
        request.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        head.extend_from_slice(format!("{name}: {value}\n").as_bytes());
    }
    for (mark, text) in request.marks() {
        head = replaced(&head, text.as_bytes(), mark);
    }
    vec![[head.as_slice(), b"\n", &body].concat()]
}

/// A case's body as a token, and its protected header beside a payload.
pub fn tokens(case: &Value) -> Vec<Seed> {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    let Some(body) = body(case).filter(|body| body.starts_with(b"ey")) else { return Vec::new() };
    let header = body.split(|byte| *byte == b'.').next().unwrap_or_default();
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).ok();
    let sealed = header.map(|header| [header.as_slice(), b"\0{}"].concat());
    let kinds = [(0, Some(body)), (1, sealed)].into_iter();
    kinds.filter_map(|(kind, rest)| Some(shaped(case, kind, &rest?))).collect()
}

/// A case's body as an object, and the same with its texts left to be filled in.
pub fn objects(case: &Value) -> Vec<Seed> {
    let Some(body) = body(case).filter(|body| body.contains(&b'{')) else { return Vec::new() };
    let mut template = body.clone();
    if let Ok(Value::Object(members)) = serde_json::from_slice(&body) {
        for (name, mark) in [("encrypted", "$E"), ("nonce", "$N"), ("kid", "$K")] {
            let value = members.get(name).map(text).filter(|value| !value.is_empty());
            if let Some(value) = value {
                template = replaced(&template, value.as_bytes(), mark.as_bytes());
            }
        }
    }
    template.extend_from_slice(b"\0{}");
    vec![shaped(case, 0, &body), shaped(case, 1, &template), shaped(case, 3, &template)]
}

/// A case as one request; and as a script that makes its receiver and opens it, or decides what a
/// case of a policy decides.
pub fn frames(case: &Value) -> Vec<Seed> {
    if let Value::Object(input) = &case["input"] {
        return vec![policy_script(input)];
    }
    let mut seeds: Vec<_> =
        requests(case).iter().map(|seed| [&[0], seed.as_slice()].concat()).collect();
    if let Some(body) = body(case) {
        let mut script =
            [&[1], call("receiver_new", &option_lines(case, case)).as_slice()].concat();
        script.extend(call("receiver_open", "-"));
        script.pop();
        for header in case["headers"].as_array().into_iter().flatten() {
            script.extend(format!("\n{}:{}", text(&header[0]), text(&header[1])).bytes());
        }
        seeds.push([script.as_slice(), b"\n\n", &body].concat());
    }
    if case["seal"].is_object() {
        let message = format!("id={}\n\n{{}}", text(&case["seal"]["message"]["id"]));
        let calls = [
            call("sender_new", &option_lines(case, &case["seal"])),
            call("sender_seal", &message),
            call("sender_prepare", &message),
            // The handle of the message is the last, that of the sender the one before.
            vec![operation("sender_sign"), 4, END],
        ];
        seeds.push([vec![1], calls.concat()].concat());
    }
    seeds
}

fn call(name: &str, rest: &str) -> Seed {
    [&[operation(name), 0], rest.as_bytes(), &[END]].concat()
}

/// The options of a case, or of what seals it, as lines.
fn option_lines(case: &Value, of: &Value) -> String {
    let mut lines = format!("scheme={}\n", text(&case["scheme"]));
    for (name, value) in of["options"].as_object().into_iter().flatten() {
        let words = value.as_array().into_iter().flatten().chain([value]);
        let words: Vec<_> = words.filter_map(scalar).collect();
        lines.extend([&snake_case(name), "=", &words.join(" "), "\n"]);
    }
    lines
}

/// A policy's input as options of the operation that takes them.
fn policy_script(input: &serde_json::Map<String, Value>) -> Seed {
    let (name, choice) = match input {
        input if input.contains_key("requests") => ("next_attempt", 1),
        input if input.contains_key("attempt") => ("next_attempt", 0),
        input if input.contains_key("held") => ("claim_change", 0),
        input if input.contains_key("wanted") && input.contains_key("now") => ("claim_decide", 0),
        input if input.contains_key("wanted") => ("claim_settle", 0),
        _ => ("claim_begin", 0),
    };
    let mut script = vec![1, operation(name), choice];
    let scalars = input.iter().filter_map(|(name, value)| Some((name, scalar(value)?)));
    for (name, value) in
        scalars.filter(|(name, _)| !["entropy", "payload"].contains(&name.as_str()))
    {
        script.extend(format!("{}={value}\n", snake_case(name)).bytes());
    }
    script.extend(if name == "claim_change" { "change=done\n\n" } else { "\n" }.bytes());
    script.extend(text(input.get("payload").unwrap_or(&Value::Null)).bytes());
    script
}

fn operation(name: &str) -> u8 {
    let at = OPERATIONS.iter().position(|own| *own == name).expect("an operation");
    u8::try_from(at).expect("a few operations")
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn snake_case(name: &str) -> String {
    let piece = |char: char| match char.is_ascii_uppercase() {
        true => format!("_{}", char.to_ascii_lowercase()),
        false => char.to_string(),
    };
    name.chars().map(piece).collect()
}

/// Every secret and key of a case, in its own place and in each other's.
pub fn secrets(case: &Value) -> Vec<Seed> {
    let scheme = head(case)[0];
    let lists = ["secrets", "encryptionKeys", "publicKeys"];
    let options = [&case["options"], &case["seal"]["options"]];
    let entries = options.iter().flat_map(|options| lists.map(|list| &options[list]));
    let entries = entries.filter_map(Value::as_array).flatten();
    let texts = entries.map(|entry| if entry.is_string() { entry } else { &entry["secret"] });
    let texts = texts.map(text).filter(|text| !text.is_empty());
    let seed = |text: &str, kind: u8| [[scheme, kind].as_slice(), text.as_bytes()].concat();
    texts.flat_map(|text| [0, 1, 2, 3, 4].map(|kind| seed(text, kind))).collect()
}

fn shaped(case: &Value, kind: u8, rest: &[u8]) -> Seed {
    let mut seed = head(case);
    seed.push(kind);
    seed.extend_from_slice(rest);
    seed
}

/// The two bytes that say scheme and options, as [`Options::read`] reads them.
fn head(case: &Value) -> Seed {
    let options = &case["options"];
    let scheme = text(&case["scheme"]);
    let many = |list: &str| options[list].as_array().map_or(0, Vec::len);
    let encryption = ["", "required", "optional", "forbidden"];
    let encryption = encryption.iter().position(|name| *name == text(&options["encryption"]));
    let by_default = if scheme == "x-webhook" { "json" } else { "jwe" };
    let envelope = text(&options["envelope"]);
    let bits = [
        !envelope.is_empty() && envelope != by_default,
        !text(&options["audience"]).is_empty(),
        many("secrets") > 1,
        many("encryptionKeys") > 0,
        many("publicKeys") > 0,
    ];
    let bits = bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    let index = SCHEMES.iter().position(|name| *name == scheme).unwrap_or(0);
    let byte = |number: usize| u8::try_from(number).expect("a small number");
    vec![byte(index), byte(encryption.unwrap_or(0)) | bits << 2]
}

fn body(case: &Value) -> Option<Vec<u8>> {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    match (case["body"].as_str(), case["body_base64"].as_str()) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (None, Some(encoded)) => BASE64_STANDARD.decode(encoded).ok(),
        // A repeated text is long, and says nothing that a short one does not.
        (None, None) => None,
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The cases of receiving at the instant at which the targets open, and those of the policies.
fn cases() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    let mut cases = cases_in(&folder);
    cases.retain(|case| case["now"] == NOW && case["headers"].is_array());
    cases.extend(cases_in(&folder.join("policy")));
    cases
}

fn cases_in(folder: &Path) -> Vec<Value> {
    let entries = fs::read_dir(folder).expect("the folder of vectors");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: &PathBuf| -> Vec<Value> {
        let file = fs::read_to_string(path).expect("a file of vectors");
        let mut file: Value = serde_json::from_str(&file).expect("JSON");
        match file["cases"].take() {
            Value::Array(cases) => cases,
            _ => panic!("{} has no cases", path.display()),
        }
    };
    paths.iter().flat_map(read).collect()
}
