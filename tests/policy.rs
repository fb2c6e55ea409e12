//! Runs the vectors of the policies: every file in `tests/vectors/policy/`, every case, every
//! member.
//!
//! What vectors cannot say is beside: all interleavings of workers that claim one delivery, and the
//! bound of a rate limit in every window of long sequences.

#[path = "policy/claim_races.rs"]
mod claim_races;
#[path = "policy/rate_limit_windows.rs"]
mod rate_limit_windows;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use postseal::policy::claim::{Decision, Settled, Subject, Swap, Terms};
use postseal::policy::rate_limit::{self, Rule};
use postseal::policy::retry::{Attempt, Next, next_attempt};
use postseal::{Error, Scheme, UnixTime};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    operation: Option<String>,
    input: Value,
    expect: Value,
    source: String,
}

#[test]
fn every_case_of_every_file() {
    let mut names = HashSet::new();
    let mut failures = Vec::new();
    for path in files() {
        let policy = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let file: File = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(!file.about.is_empty() && !file.cases.is_empty(), "{policy}");
        for case in file.cases {
            assert!(case.name.starts_with(&policy), "{} stands in {policy}", case.name);
            assert!(names.insert(case.name.clone()), "{} stands twice", case.name);
            assert!(!case.source.is_empty(), "{} has no source", case.name);
            let got = answer(&policy, &case);
            if got != case.expect {
                failures
                    .push(format!("{}\n  expected {}\n  got      {got}", case.name, case.expect));
            }
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/policy");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert_eq!(paths.len(), 3, "a file of vectors has no runner: {paths:?}");
    paths
}

/// What the crate answers, in the vectors' form.
fn answer(policy: &str, case: &Case) -> Value {
    let answered = match (policy, case.operation.as_deref()) {
        ("claim", Some("subject")) => subject(&input(case)),
        ("claim", Some("begin")) => begin(&input(case)),
        ("claim", Some("decide")) => decide(&input(case)),
        ("claim", Some("done")) => finish(&input(case), Terms::done),
        ("claim", Some("failed")) => finish(&input(case), Terms::failed),
        ("claim", Some("renew")) => renew(&input(case)),
        ("claim", Some("settle")) => settle(&input(case)),
        ("retry", None) => retry(&input(case)),
        ("rate_limit", None) => limit(&input(case)),
        other => panic!("{} has no runner: {other:?}", case.name),
    };
    answered.unwrap_or_else(|error| {
        assert!(!error.message().is_empty());
        json!({ "code": error.code().as_str() })
    })
}

fn input<T: DeserializeOwned>(case: &Case) -> T {
    serde_json::from_value(case.input.clone())
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", case.name))
}

fn instant(now: i64) -> UnixTime {
    UnixTime::new(now).unwrap()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SubjectInput {
    source: String,
    scheme: String,
    replay_key: String,
    payload: String,
}

fn subject(input: &SubjectInput) -> Result<Value, Error> {
    let subject = claimed(&input.source, &input.scheme, &input.replay_key, &input.payload)?;
    Ok(json!({ "key": subject.key(), "digest": subject.digest() }))
}

fn claimed(source: &str, scheme: &str, replay_key: &str, payload: &str) -> Result<Subject, Error> {
    Subject::new(source, Scheme::named(scheme).unwrap(), replay_key, payload.as_bytes())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct BeginInput {
    source: String,
    scheme: String,
    replay_key: String,
    payload: String,
    token: String,
    lease_seconds: Option<u32>,
    retain_seconds: Option<u32>,
    now: i64,
}

fn begin(input: &BeginInput) -> Result<Value, Error> {
    use base64ct::{Base64, Encoding};
    let terms = Terms::new(input.lease_seconds, input.retain_seconds)?;
    let subject = claimed(&input.source, &input.scheme, &input.replay_key, &input.payload)?;
    let token = Base64::decode_vec(&input.token).unwrap().try_into().unwrap();
    Ok(swap(&terms.begin(&subject, token, instant(input.now))?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DecideInput {
    wanted: String,
    current: Option<String>,
    lease_seconds: Option<u32>,
    retain_seconds: Option<u32>,
    now: i64,
}

fn decide(input: &DecideInput) -> Result<Value, Error> {
    let terms = Terms::new(input.lease_seconds, input.retain_seconds)?;
    let decision = terms.decide(&input.wanted, input.current.as_deref(), instant(input.now))?;
    Ok(match &decision {
        Decision::Swap(next) => swap(next),
        Decision::New { held, attempt } => {
            json!({ "decision": decision.as_str(), "held": held, "attempt": attempt })
        }
        Decision::InProgress { retry_after_seconds } => {
            json!({ "decision": decision.as_str(), "retryAfterSeconds": retry_after_seconds })
        }
        Decision::Duplicate | Decision::Conflict => json!({ "decision": decision.as_str() }),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FinishInput {
    held: String,
    lease_seconds: Option<u32>,
    retain_seconds: Option<u32>,
}

fn finish(
    input: &FinishInput,
    operation: fn(&Terms, &str) -> Result<Swap, Error>,
) -> Result<Value, Error> {
    let terms = Terms::new(input.lease_seconds, input.retain_seconds)?;
    Ok(swap(&operation(&terms, &input.held)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RenewInput {
    held: String,
    lease_seconds: Option<u32>,
    retain_seconds: Option<u32>,
    now: i64,
}

fn renew(input: &RenewInput) -> Result<Value, Error> {
    let terms = Terms::new(input.lease_seconds, input.retain_seconds)?;
    Ok(swap(&terms.renew(&input.held, instant(input.now))?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SettleInput {
    wanted: String,
    current: Option<String>,
    lease_seconds: Option<u32>,
    retain_seconds: Option<u32>,
}

fn settle(input: &SettleInput) -> Result<Value, Error> {
    let terms = Terms::new(input.lease_seconds, input.retain_seconds)?;
    let settled = terms.settle(&input.wanted, input.current.as_deref())?;
    Ok(match &settled {
        Settled::Swap(next) => swap(next),
        Settled::Ok | Settled::Lost => json!({ "decision": settled.as_str() }),
    })
}

fn swap(swap: &Swap) -> Value {
    let Swap { expected, next, ttl_seconds, attempt } = swap;
    json!({
        "decision": "swap",
        "expected": expected,
        "next": next,
        "ttlSeconds": ttl_seconds,
        "attempt": attempt,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RetryInput {
    attempt: u32,
    status: Option<u16>,
    retry_after: Option<String>,
    max_attempts: Option<u32>,
    now: i64,
    entropy: u32,
}

fn retry(input: &RetryInput) -> Result<Value, Error> {
    let attempt = Attempt {
        attempt: input.attempt,
        status: input.status,
        retry_after: input.retry_after.as_deref(),
        max_attempts: input.max_attempts,
    };
    Ok(match next_attempt(&attempt, instant(input.now), input.entropy)? {
        Next::Retry { delay_ms } => json!({ "delayMs": delay_ms }),
        Next::Stop(outcome) => json!({ "outcome": outcome.as_str() }),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LimitInput {
    requests: u32,
    per_seconds: u32,
    tat: Option<u64>,
    hits: Vec<u64>,
}

fn limit(input: &LimitInput) -> Result<Value, Error> {
    let rule = Rule::new(input.requests, input.per_seconds)?;
    let mut state = input.tat;
    let steps: Vec<_> = input
        .hits
        .iter()
        .map(|now_micros| match rule.decide(state, *now_micros) {
            rate_limit::Decision::Admit { tat, expires_in_seconds } => {
                state = Some(tat);
                json!({ "tat": tat, "expiresInSeconds": expires_in_seconds })
            }
            rate_limit::Decision::Refuse { retry_after_seconds } => {
                json!({ "retryAfterSeconds": retry_after_seconds })
            }
        })
        .collect();
    Ok(json!({
        "emissionMicros": rule.emission_micros(),
        "burstMicros": rule.burst_micros(),
        "steps": steps,
    }))
}
