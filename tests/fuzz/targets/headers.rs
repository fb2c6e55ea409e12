//! Headers in every shape that a host may give them: one answer for all shapes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postseal_fuzz::open::{Outcome, open, open_shaped};
use postseal_fuzz::request::Request;
use postseal_fuzz::seeds;

fuzz_target!(
    init: seeds::write(seeds::requests),
    |bytes: &[u8]| {
        if let Some(request) = Request::read(bytes) {
            check(&request);
        }
    }
);

type Headers = Vec<(String, Vec<u8>)>;

fn check(request: &Request) {
    let outcome = open(request);
    let again = |headers: &Headers| open_shaped(&request.options, headers, &request.body);

    let mut sorted = request.headers.clone();
    sorted.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    assert_eq!(again(&sorted), outcome, "in another order");
    assert_eq!(
        again(&each(request, str::to_ascii_uppercase, <[u8]>::to_vec)),
        outcome,
        "in capitals"
    );
    let padded = each(request, str::to_owned, |value| [b"\t ", value, b" \t"].concat());
    assert_eq!(again(&padded), outcome, "with white space");
    let mut more = request.headers.clone();
    more.insert(0, ("content-type".to_owned(), b"text/plain, v1,AAAA".to_vec()));
    assert_eq!(again(&more), outcome, "with another header");

    for separator in [", ", ","] {
        check_joined(request, &outcome, &again(&joined(&sorted, separator)));
    }
    if outcome.is_ok() && !request.body.is_empty() {
        let mut body = request.body.clone();
        body[0] ^= 1;
        let changed = open_shaped(&request.options, &request.headers, &body);
        assert_eq!(changed, Err("signature_mismatch"), "with a bit changed in the body");
    }
}

/// Headers of one name reach some hosts as one. What was accepted stays so, and what was refused is
/// refused with the same code; unless it is the list of signatures that came in pieces, which may
/// only make sense when it is joined.
fn check_joined(request: &Request, outcome: &Outcome, joined: &Outcome) {
    let names = ["webhook-signature", "svix-signature", "stripe-signature"];
    let in_pieces = names.iter().any(|name| request.values(name).count() > 1);
    if outcome.is_ok() || !in_pieces {
        assert_eq!(joined, outcome, "with equal names joined");
    }
}

fn each(request: &Request, name: fn(&str) -> String, value: fn(&[u8]) -> Vec<u8>) -> Headers {
    request.headers.iter().map(|(own, text)| (name(own), value(text))).collect()
}

fn joined(sorted: &Headers, separator: &str) -> Headers {
    let same =
        |one: &(String, Vec<u8>), next: &(String, Vec<u8>)| one.0.eq_ignore_ascii_case(&next.0);
    let groups = sorted.chunk_by(same).filter_map(|group| {
        let values: Vec<&[u8]> = group.iter().map(|(_, value)| value.as_slice()).collect();
        let (name, _) = group.first()?;
        Some((name.clone(), values.join(separator.as_bytes())))
    });
    groups.collect()
}
