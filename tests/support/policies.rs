//! Runs every vector of the policies on one face: the core itself, or a host of the module.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use postseal::policy::alert;
use postseal::policy::claim::{Decision, Settled, Swap};
use postseal::policy::rate_limit::{self, Rule};
use postseal::policy::retry::{Attempt, Next};
use postseal::{Error, UnixTime};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What the vectors ask of a face.
pub trait Policies {
    /// The key of a delivery in the store, and the digest of its payload.
    fn subject(&self, input: &SubjectInput) -> Result<(String, Option<String>), Error>;
    /// The swap to try first.
    fn begin(&self, input: &BeginInput, token: [u8; 16], now: UnixTime) -> Result<Swap, Error>;
    /// What follows a swap that was not made.
    fn decide(&self, input: &DecideInput, now: UnixTime) -> Result<Decision, Error>;
    /// The swap that marks a delivery as done.
    fn done(&self, input: &FinishInput) -> Result<Swap, Error>;
    /// The swap that gives a delivery back.
    fn failed(&self, input: &FinishInput) -> Result<Swap, Error>;
    /// The swap that holds a delivery for longer.
    fn renew(&self, input: &RenewInput, now: UnixTime) -> Result<Swap, Error>;
    /// What follows a holder's swap that was not made.
    fn settle(&self, input: &SettleInput) -> Result<Settled, Error>;
    /// What follows an attempt to send.
    fn next_attempt(
        &self,
        attempt: &Attempt<'_>,
        now: UnixTime,
        entropy: u32,
    ) -> Result<Next, Error>;
    /// Whether a request may pass.
    fn rate_limit(
        &self,
        rule: (u32, u32),
        tat: Option<u64>,
        now_micros: u64,
    ) -> Result<rate_limit::Decision, Error>;
}

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SubjectInput {
    pub source: String,
    pub scheme: String,
    pub replay_key: String,
    pub payload: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BeginInput {
    pub source: String,
    pub scheme: String,
    pub replay_key: String,
    pub payload: String,
    token: String,
    pub lease_seconds: Option<u32>,
    pub retain_seconds: Option<u32>,
    now: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DecideInput {
    pub wanted: String,
    pub current: Option<String>,
    pub lease_seconds: Option<u32>,
    pub retain_seconds: Option<u32>,
    now: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FinishInput {
    pub held: String,
    pub lease_seconds: Option<u32>,
    pub retain_seconds: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RenewInput {
    pub held: String,
    pub lease_seconds: Option<u32>,
    pub retain_seconds: Option<u32>,
    now: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SettleInput {
    pub wanted: String,
    pub current: Option<String>,
    pub lease_seconds: Option<u32>,
    pub retain_seconds: Option<u32>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AlertInput {
    threshold: u32,
    window_seconds: u32,
    interval_seconds: u32,
    events: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LimitInput {
    requests: u32,
    per_seconds: u32,
    tat: Option<u64>,
    hits: Vec<u64>,
}

/// Every case of every file gives what it expects.
pub fn run_all(face: &impl Policies) {
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
            let got = answer(face, &policy, &case);
            if got != case.expect {
                failures
                    .push(format!("{}\n  expected {}\n  got      {got}", case.name, case.expect));
            }
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

fn files() -> Vec<PathBuf> {
    let folder = super::folder().join("policy");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert_eq!(paths.len(), 4, "a file of vectors has no runner: {paths:?}");
    paths
}

/// What the face answers, in the vectors' form.
fn answer(face: &impl Policies, policy: &str, case: &Case) -> Value {
    let answered = match (policy, case.operation.as_deref()) {
        ("claim", Some("subject")) => {
            face.subject(&input(case)).map(|(key, digest)| json!({ "key": key, "digest": digest }))
        }
        ("claim", Some("begin")) => begin(face, &input(case)),
        ("claim", Some("decide")) => decide(face, &input(case)),
        ("claim", Some("done")) => face.done(&input(case)).map(|it| swap(&it)),
        ("claim", Some("failed")) => face.failed(&input(case)).map(|it| swap(&it)),
        ("claim", Some("renew")) => {
            let input: RenewInput = input(case);
            face.renew(&input, instant(input.now)).map(|it| swap(&it))
        }
        ("claim", Some("settle")) => face.settle(&input(case)).map(|settled| match &settled {
            Settled::Swap(next) => swap(next),
            Settled::Ok | Settled::Lost => json!({ "decision": settled.as_str() }),
        }),
        ("retry", None) => retry(face, &input(case)),
        ("rate_limit", None) => limit(face, &input(case)),
        ("alert", None) => alerts(&input(case)),
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

fn begin(face: &impl Policies, input: &BeginInput) -> Result<Value, Error> {
    let token = super::decode(&input.token).try_into().unwrap();
    face.begin(input, token, instant(input.now)).map(|first| swap(&first))
}

fn decide(face: &impl Policies, input: &DecideInput) -> Result<Value, Error> {
    let decision = face.decide(input, instant(input.now))?;
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

fn retry(face: &impl Policies, input: &RetryInput) -> Result<Value, Error> {
    let attempt = Attempt {
        attempt: input.attempt,
        status: input.status,
        retry_after: input.retry_after.as_deref(),
        max_attempts: input.max_attempts,
    };
    Ok(match face.next_attempt(&attempt, instant(input.now), input.entropy)? {
        Next::Retry { delay_ms } => json!({ "delayMs": delay_ms }),
        Next::Stop(outcome) => json!({ "outcome": outcome.as_str() }),
    })
}

/// Of the core alone: only the gateway alerts.
fn alerts(input: &AlertInput) -> Result<Value, Error> {
    let AlertInput { threshold, window_seconds, interval_seconds, events } = input;
    let rule = alert::Rule::new(*threshold, *window_seconds, *interval_seconds)?;
    let mut state = alert::State::default();
    let steps = events.iter().map(|now| {
        let (next, decision) = rule.decide(state, instant(*now));
        state = next;
        match decision {
            alert::Decision::Quiet => Value::Null,
            alert::Decision::Alert { count } => count.into(),
        }
    });
    Ok(json!({ "steps": steps.collect::<Vec<_>>() }))
}

/// The steps are the face's; what the rule says of itself is the core's.
fn limit(face: &impl Policies, input: &LimitInput) -> Result<Value, Error> {
    let mut state = input.tat;
    let step = |now_micros: &u64| {
        let rule = (input.requests, input.per_seconds);
        Ok(match face.rate_limit(rule, state, *now_micros)? {
            rate_limit::Decision::Admit { tat, expires_in_seconds } => {
                state = Some(tat);
                json!({ "tat": tat, "expiresInSeconds": expires_in_seconds })
            }
            rate_limit::Decision::Refuse { retry_after_seconds } => {
                json!({ "retryAfterSeconds": retry_after_seconds })
            }
        })
    };
    let steps: Vec<_> = input.hits.iter().map(step).collect::<Result<_, Error>>()?;
    let rule = Rule::new(input.requests, input.per_seconds)?;
    Ok(json!({
        "emissionMicros": rule.emission_micros(),
        "burstMicros": rule.burst_micros(),
        "steps": steps,
    }))
}
