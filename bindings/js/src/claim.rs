//! The claim policy's exports. They keep nothing: a claim lives in the texts that go through the
//! store.
//!
//! A swap crosses as `swap NUL expected NUL next NUL ttl NUL attempt`; an empty `expected` stands
//! for none.

use postseal::policy::SWAPS_MAX;
use postseal::policy::claim::{Decision, Settled, Subject, Swap, Terms};
use postseal::{Code, Error, Scheme};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::host::{Refusal, entropy, instant, whole};

/// How often a claim may try a swap before the store counts as unusable.
#[wasm_bindgen(js_name = claimSwapsMax)]
pub fn claim_swaps_max() -> u32 {
    SWAPS_MAX
}

/// The key in the store, and then the swap that claims a delivery of which the store knows nothing.
#[wasm_bindgen(js_name = claimBegin)]
pub fn claim_begin(
    source: &str,
    scheme: &str,
    replay_key: &str,
    payload: &[u8],
    lease_seconds: Option<f64>,
    retain_seconds: Option<f64>,
    now: Option<f64>,
) -> Result<String, Refusal> {
    let terms = terms(lease_seconds, retain_seconds)?;
    let subject = Subject::new(source, Scheme::named(scheme)?, replay_key, payload)?;
    let mut token = [0; 16];
    entropy(&mut token)?;
    let first = terms.begin(&subject, token, instant(now)?)?;
    Ok(format!("{}\0{}", subject.key(), swap(&first)))
}

/// What follows a swap that was not made: a swap, `new NUL held NUL attempt`, `duplicate`,
/// `in_progress NUL seconds` or `conflict`.
#[wasm_bindgen(js_name = claimDecide)]
pub fn claim_decide(
    lease_seconds: Option<f64>,
    retain_seconds: Option<f64>,
    wanted: &str,
    current: Option<String>,
    now: Option<f64>,
) -> Result<String, Refusal> {
    let terms = terms(lease_seconds, retain_seconds)?;
    let decision = terms.decide(wanted, current.as_deref(), instant(now)?)?;
    let name = decision.as_str();
    Ok(match decision {
        Decision::Swap(next) => swap(&next),
        Decision::New { held, attempt } => format!("{name}\0{held}\0{attempt}"),
        Decision::InProgress { retry_after_seconds } => format!("{name}\0{retry_after_seconds}"),
        Decision::Duplicate | Decision::Conflict => name.to_owned(),
    })
}

/// The swap of a holder: `change` is `done`, `failed` or `renew`.
#[wasm_bindgen(js_name = claimChange)]
pub fn claim_change(
    lease_seconds: Option<f64>,
    retain_seconds: Option<f64>,
    change: &str,
    held: &str,
) -> Result<String, Refusal> {
    let terms = terms(lease_seconds, retain_seconds)?;
    Ok(swap(&match change {
        "done" => terms.done(held)?,
        "failed" => terms.failed(held)?,
        "renew" => terms.renew(held, instant(None)?)?,
        _ => return Err(Error::new(Code::InvalidConfig, "a claim has no such change").into()),
    }))
}

/// What follows a holder's swap that was not made: a swap, `ok` or `lost`.
#[wasm_bindgen(js_name = claimSettle)]
pub fn claim_settle(
    lease_seconds: Option<f64>,
    retain_seconds: Option<f64>,
    wanted: &str,
    current: Option<String>,
) -> Result<String, Refusal> {
    let settled = terms(lease_seconds, retain_seconds)?.settle(wanted, current.as_deref())?;
    Ok(match &settled {
        Settled::Swap(next) => swap(next),
        Settled::Ok | Settled::Lost => settled.as_str().to_owned(),
    })
}

fn terms(lease_seconds: Option<f64>, retain_seconds: Option<f64>) -> Result<Terms, Error> {
    let lease_seconds = lease_seconds.map(|lease| whole("leaseSeconds", lease)).transpose()?;
    let retain_seconds = retain_seconds.map(|retain| whole("retainSeconds", retain)).transpose()?;
    Terms::new(lease_seconds, retain_seconds)
}

// INVARIANT: no text of a claim is empty or holds a NUL.
fn swap(swap: &Swap) -> String {
    let Swap { expected, next, ttl_seconds, attempt } = swap;
    format!("swap\0{}\0{next}\0{ttl_seconds}\0{attempt}", expected.as_deref().unwrap_or_default())
}
