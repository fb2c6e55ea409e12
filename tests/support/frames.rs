//! A valid frame of every operation, and what becomes of it when it is cut off or a byte changes.

use postseal::Code;

/// The module as a foreign host sees it, natively or through an engine.
pub trait Module {
    /// Calls an operation by the name of its export; one of a handle on a handle that is held.
    fn call(&mut self, operation: &str, frame: &[u8], payload: &[u8]) -> Vec<u8>;

    /// Drops what a handle stands for.
    fn free(&mut self, handle: u64);
}

/// A valid request.
pub struct Sample {
    pub operation: &'static str,
    pub frame: Vec<u8>,
    pub payload: &'static [u8],
}

/// The secret and the key of the samples.
pub const SECRET: &[u8] = b"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDWwoRQC6fpnE=";
pub const ENCRYPTION_KEY: &[u8] = b"whenc_bYGyvpcWuHnzcVB6Ni3GFRFvgnAk3BmLBrNZeV6fuqU=";
const NOW: &[u8] = b"1700000000";
const HELD: &[u8] = b"v1:pending:z_HOGV5WzULLby9EOP2w0g:VtM9SLfvx3qnpjMKmLWdxg:1:1700000060";

/// A frame of strings.
pub fn frame(strings: &[&[u8]]) -> Vec<u8> {
    let length = |string: &[u8]| u32::try_from(string.len()).unwrap().to_le_bytes();
    strings.iter().flat_map(|string| [&length(string), *string].concat()).collect()
}

/// The strings of a frame; `None` where it is cut off.
pub fn strings(mut frame: &[u8]) -> Option<Vec<&[u8]>> {
    let mut strings = Vec::new();
    while !frame.is_empty() {
        let (length, rest) = frame.split_first_chunk::<4>()?;
        let (string, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        strings.push(string);
        frame = rest;
    }
    Some(strings)
}

/// The options of a receiver or a sender: one secret, and one encryption key.
pub fn options() -> Vec<u8> {
    let list = |key: &[u8]| frame(&[&frame(&[b"secret", key, b"not_before", b"1600000000"])]);
    frame(&[b"secrets", &list(SECRET), b"encryption_keys", &list(ENCRYPTION_KEY)])
}

/// A valid request of each operation.
pub fn samples() -> Vec<Sample> {
    let sample = |operation, strings: &[&[u8]], payload| Sample {
        operation,
        frame: frame(strings),
        payload,
    };
    let claim: [&[u8]; 4] = [b"wanted", HELD, b"now", NOW];
    let message: [&[u8]; 6] = [b"id", b"evt_1", b"content_type", b"text/plain", b"now", NOW];
    let headers: [&[u8]; 9] = [
        b"now",
        NOW,
        b"",
        b"webhook-id",
        b"evt_1",
        b"webhook-timestamp",
        NOW,
        b"webhook-signature",
        b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ];
    let tenant = frame(&[&frame(&[b"secret", SECRET, b"id", b"tenant"])]);
    vec![
        Sample { operation: "postseal_receiver_new", frame: options(), payload: b"" },
        Sample { operation: "postseal_sender_new", frame: options(), payload: b"" },
        sample("postseal_receiver_open", &headers, b"{}"),
        sample("postseal_receiver_open", &[b"secrets", &tenant, b"now", NOW], b"{}"),
        sample("postseal_sender_seal", &message, b"{}"),
        sample("postseal_sender_prepare", &message, b"{}"),
        sample("postseal_sender_sign", &[b"now", NOW], b""),
        sample("postseal_generate", &[b"kind", b"signing_key_pair"], b""),
        sample("postseal_key_id", &[b"encryption_key", ENCRYPTION_KEY], b""),
        sample(
            "postseal_claim_begin",
            &[b"source", b"a", b"scheme", b"standard", b"replay_key", b"evt_1", b"now", NOW],
            b"{}",
        ),
        sample("postseal_claim_decide", &claim, b""),
        sample("postseal_claim_change", &[b"change", b"renew", b"held", HELD, b"now", NOW], b""),
        sample("postseal_claim_settle", &[b"wanted", HELD, b"lease_seconds", b"60"], b""),
        sample(
            "postseal_next_attempt",
            &[b"attempt", b"1", b"status", b"500", b"retry_after", b"120", b"now", NOW],
            b"",
        ),
        sample(
            "postseal_rate_limit",
            &[b"requests", b"9", b"per_seconds", b"60", b"now_micros", b"1700000000000000"],
            b"",
        ),
    ]
}

/// Cuts each sample off at every length, and changes every byte of it to so many other values: each
/// answer is well formed, and no answer is an accident. Gives the number of answers.
pub fn survive(module: &mut impl Module, values_per_byte: u8) -> usize {
    let mut answers = 0;
    for Sample { operation, frame, payload } in samples() {
        let whole = judge(module, operation, &frame, payload);
        assert!(whole == "ok" || operation == "postseal_receiver_open", "{operation}: {whole}");
        for length in 0..frame.len() {
            judge(module, operation, &frame[..length], payload);
        }
        for position in 0..frame.len() {
            for step in 1..=values_per_byte {
                let mut changed = frame.clone();
                // All the other values where every step is taken, else values far apart.
                let stride = u8::MAX / values_per_byte;
                changed[position] = changed[position].wrapping_add(step.wrapping_mul(stride));
                judge(module, operation, &changed, payload);
            }
        }
        answers += 1 + frame.len() * (1 + usize::from(values_per_byte));
    }
    answers
}

/// The status of an answer, which must be a frame, and `ok` or a code of the closed list.
fn judge(module: &mut impl Module, operation: &str, frame: &[u8], payload: &[u8]) -> String {
    let answer = module.call(operation, frame, payload);
    let strings = strings(&answer).unwrap_or_else(|| panic!("{operation}: no frame: {frame:?}"));
    let (status, rest) = strings.split_first().expect("a status");
    let status = std::str::from_utf8(status).expect("a status is text");
    if status == "ok" {
        let mut pairs = rest.chunks_exact(2);
        if let Some(pair) = pairs.find(|pair| pair[0] == b"handle") {
            module.free(std::str::from_utf8(pair[1]).unwrap().parse().expect("a handle"));
        }
        return status.to_owned();
    }
    let code = Code::ALL.iter().find(|code| code.as_str() == status);
    let code = code.unwrap_or_else(|| panic!("{operation}: `{status}` is no code: {frame:?}"));
    assert!(*code != Code::ModuleFailed, "{operation}: {frame:?}");
    assert!(rest.len() == 1 && !rest[0].is_empty(), "{operation}: {status} without a message");
    status.to_owned()
}
