//! Frames, as `docs/abi.md` describes them, and scripts of calls that are made of a fuzzer's bytes.

use postseal::abi::{Host, Module};
use postseal::{Code, Error, UnixTime};

use crate::keys::NOW;
use crate::open::{Facts, Outcome};
use crate::request::Request;

/// What ends a call in a script.
pub const END: u8 = 0xff;
/// The operations, by their choosing byte. The rest of a call is that of a [`Call`].
pub const OPERATIONS: [&str; 14] = [
    "receiver_new",
    "receiver_open",
    "sender_new",
    "sender_seal",
    "sender_prepare",
    "sender_sign",
    "free",
    "generate",
    "key_id",
    "claim_begin",
    "claim_decide",
    "claim_change",
    "claim_settle",
    "next_attempt",
];

/// A host whose clock stands still, and whose randomness counts.
#[derive(Default)]
pub struct FixedHost {
    draws: u8,
}

impl Host for FixedHost {
    fn clock(&mut self) -> Result<UnixTime, Error> {
        UnixTime::new(NOW)
    }

    fn entropy(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.draws = self.draws.wrapping_add(1);
        bytes.fill(self.draws);
        Ok(())
    }
}

/// One call of a script: which operation, of which handle, and the rest.
pub struct Call<'a> {
    operation: &'static str,
    handle: u8,
    frame: Vec<u8>,
    body: &'a [u8],
}

impl<'a> Call<'a> {
    /// Reads a call: two bytes of choice, then the frame and the body with an empty line between.
    ///
    /// The frame stands there as its bytes; or, if it begins with a line that has a `=` or is `-`,
    /// as lines: options `name=value`, the end of them `-`, headers `name:value`.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let ([operation, handle], rest) = bytes.split_first_chunk()?;
        let end = rest.windows(2).position(|pair| pair == b"\n\n").unwrap_or(rest.len());
        let (head, body) = (&rest[..end], rest.get(end + 2..).unwrap_or_default());
        let lines = head.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let lines: Vec<_> = lines.collect();
        let in_lines = |line: &&[u8]| line.contains(&b'=') || *line == b"-";
        let frame = match lines.first().is_some_and(in_lines) {
            true => lines.into_iter().flat_map(strings_of).collect(),
            false => head.to_vec(),
        };
        let operation = OPERATIONS[usize::from(*operation) % OPERATIONS.len()];
        Some(Call { operation, handle: *handle, frame, body })
    }

    /// Makes the call; `handles` are those that were given out.
    pub fn make(&self, module: &mut Module, host: &mut FixedHost, handles: &[u64]) -> Vec<u8> {
        let (frame, body) = (self.frame.as_slice(), self.body);
        let given = |choice: u8| match handles.iter().rev().nth(usize::from(choice & 3)) {
            Some(handle) => *handle ^ u64::from(choice >> 6) << 32,
            None => u64::from(choice),
        };
        let handle = given(self.handle);
        match self.operation {
            "receiver_new" => module.receiver_new(host, frame),
            "receiver_open" => module.receiver_open(host, handle, frame, body),
            "sender_new" => module.sender_new(host, frame),
            "sender_seal" => module.sender_seal(host, handle, frame, body),
            "sender_prepare" => module.sender_prepare(host, handle, frame, body),
            "sender_sign" => module.sender_sign(host, given(self.handle >> 2), handle, frame),
            "free" => module.free(handle),
            "generate" => module.generate(host, frame),
            "key_id" => module.key_id(frame),
            "claim_begin" => module.claim_begin(host, frame, body),
            "claim_decide" => module.claim_decide(host, frame),
            "claim_change" => module.claim_change(host, frame),
            "claim_settle" => module.claim_settle(frame),
            _ => match self.handle & 1 {
                0 => module.next_attempt(host, frame),
                _ => module.rate_limit(frame),
            },
        }
    }
}

/// An answer that is as `docs/abi.md` says: its facts, or its code.
pub fn read(answer: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let strings = strings(answer).expect("an answer is a frame");
    let (status, rest) = strings.split_first().expect("an answer has a status");
    let status = String::from_utf8(status.clone()).expect("a status is text");
    if status != "ok" {
        assert!(Code::ALL.iter().any(|code| code.as_str() == status), "{status} is no code");
        assert!(matches!(rest, [message] if !message.is_empty()), "{status} has no message");
        return Err(status);
    }
    let (mut facts, mut rest) = (Vec::new(), rest.iter());
    while let Some(name) = rest.next().filter(|name| !name.is_empty()) {
        let name = String::from_utf8(name.clone()).expect("a name is text");
        facts.push((name, rest.next().expect("a fact has a value").clone()));
    }
    assert_eq!(rest.len() % 2, 0, "headers come in pairs");
    Ok(facts)
}

/// Opens a request through frames.
pub fn open(request: &Request) -> Outcome {
    let options = &request.options;
    let secrets = (0..options.secrets)
        .map(|index| crate::keys::secret_text(options.scheme, index))
        .collect::<Vec<_>>();
    let keys = (0..options.encryption_keys).map(crate::keys::encryption_key_text);
    let mut receiver = pair(b"scheme", options.scheme.as_bytes());
    receiver.extend(pair(b"secrets", &list(&secrets)));
    if options.encryption_keys > 0 {
        receiver.extend(pair(b"encryption_keys", &list(&keys.collect::<Vec<_>>())));
    }
    if options.public_key {
        receiver.extend(pair(b"public_keys", &list(&[crate::keys::public_key_text()])));
    }
    let audience = options.audience.then_some(crate::keys::AUDIENCE);
    let named = [
        ("encryption", options.encryption),
        ("envelope", options.envelope),
        ("audience", audience),
    ];
    for (name, value) in named {
        receiver.extend(value.iter().flat_map(|value| pair(name.as_bytes(), value.as_bytes())));
    }
    let mut module = Module::new();
    let host = &mut FixedHost::default();
    let made = read(&module.receiver_new(host, &receiver)).expect("a valid configuration");
    let mut opening = string(b"");
    for (name, value) in &request.headers {
        opening.extend(pair(name.as_bytes(), value));
    }
    let answer = module.receiver_open(host, handle(&made), &opening, &request.body);
    match read(&answer) {
        Ok(facts) => Ok(delivery(&facts, &request.body)),
        Err(code) => Err(Code::ALL.iter().find(|own| own.as_str() == code).expect("it").as_str()),
    }
}

/// The handle among an answer's facts.
pub fn handle(facts: &[(String, Vec<u8>)]) -> u64 {
    text_of(facts, "handle").and_then(|digits| digits.parse().ok()).expect("a handle")
}

fn delivery(facts: &[(String, Vec<u8>)], body: &[u8]) -> Facts {
    let payload = facts.iter().find(|(name, _)| name == "payload");
    let matched = facts.iter().filter(|(name, _)| name == "matched_secret_id");
    Facts {
        id: text_of(facts, "id"),
        timestamp: text_of(facts, "timestamp").map(|digits| digits.parse().expect("a number")),
        replay_key: text_of(facts, "replay_key").expect("a replay key"),
        matched: matched.map(|(_, id)| String::from_utf8_lossy(id).into_owned()).collect(),
        encryption_key_id: text_of(facts, "encryption_key_id"),
        content_type: text_of(facts, "content_type"),
        payload: payload.map_or(body, |(_, payload)| payload).to_vec(),
    }
}

fn text_of(facts: &[(String, Vec<u8>)], wanted: &str) -> Option<String> {
    let fact = facts.iter().find(|(name, _)| name == wanted);
    fact.map(|(_, value)| String::from_utf8(value.clone()).expect("text"))
}

/// The strings of a line: a list of keys is a frame of frames, one for each word.
fn strings_of(line: &[u8]) -> Vec<u8> {
    let at = line.iter().position(|byte| b"=:".contains(byte));
    let Some(at) = at else { return string(b"") };
    let (name, value) = (&line[..at], &line[at + 1..]);
    match name {
        b"secrets" | b"public_keys" | b"encryption_keys" => {
            let words: Vec<_> =
                String::from_utf8_lossy(value).split(' ').map(str::to_owned).collect();
            pair(name, &list(&words.iter().map(String::as_str).collect::<Vec<_>>()))
        }
        _ => pair(name, value),
    }
}

fn list(texts: &[&str]) -> Vec<u8> {
    texts.iter().flat_map(|text| string(&pair(b"secret", text.as_bytes()))).collect()
}

fn pair(name: &[u8], value: &[u8]) -> Vec<u8> {
    [string(name), string(value)].concat()
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("a short string");
    [&length.to_le_bytes(), bytes].concat()
}

fn strings(mut frame: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut strings = Vec::new();
    while !frame.is_empty() {
        let (length, rest) = frame.split_first_chunk()?;
        let (string, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        strings.push(string.to_vec());
        frame = rest;
    }
    Some(strings)
}
