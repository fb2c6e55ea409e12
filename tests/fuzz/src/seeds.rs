//! Seeds: every vector, in the form of a target's bytes, as far as that form can say it.
//!
//! A target writes its seeds before it begins, if `SEEDS` names a folder. So they are always those of
//! the vectors as they are, and none is kept.

use std::path::Path;
use std::{env, fs};

use serde_json::Value;

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

/// The cases of receiving at the instant at which the targets open.
fn cases() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    let entries = fs::read_dir(folder).expect("the folder of vectors");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: &std::path::PathBuf| -> Vec<Value> {
        let file = fs::read_to_string(path).expect("a file of vectors");
        let mut file: Value = serde_json::from_str(&file).expect("JSON");
        match file["cases"].take() {
            Value::Array(cases) => cases,
            _ => panic!("{} has no cases", path.display()),
        }
    };
    let mut cases: Vec<_> = paths.iter().flat_map(read).collect();
    cases.retain(|case| case["now"] == NOW && case["headers"].is_array());
    cases
}
