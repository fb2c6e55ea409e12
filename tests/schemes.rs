//! What a scheme says of itself, and what a `missing_header` says of the schemes that it saw.

mod support;

use postseal::{Code, KeyInput, KeyOptions, Receiver, ReceiverOptions, Scheme, UnixTime};
use std::collections::BTreeSet;
use support::{Expect, receiving};

/// A word that stands in the source of each, and in no other's.
const SOURCES: [(&str, &str); 6] = [
    ("standard", "Standard Webhooks specification"),
    ("x-webhook", "the guide to encrypted webhooks"),
    ("stripe", "docs.stripe.com"),
    ("github", "docs.github.com"),
    ("slack", "docs.slack.dev"),
    ("shopify", "shopify.dev"),
];

#[test]
fn every_scheme_names_the_source_of_its_facts() {
    assert_eq!(Scheme::ALL.len(), SOURCES.len());
    for (name, words) in SOURCES {
        let named = Scheme::named(name).expect("a scheme");
        assert!(named.source().contains(words), "{name}: {}", named.source());
        let sharing = Scheme::ALL.iter().filter(|scheme| scheme.source().contains(words));
        assert_eq!(sharing.count(), 1, "{words}");
    }
}

/// What a scheme says that it signs is what its deliveries have. A token brings an id of its own.
#[test]
fn a_scheme_says_what_it_signs() {
    for (_, case) in receiving() {
        let Expect::Delivery(delivery) = &case.expect else { continue };
        let scheme = Scheme::named(&case.scheme).expect("a scheme");
        assert_eq!(scheme.signs_timestamp(), delivery.timestamp.is_some(), "{}", case.name);
        assert!(scheme.signs_id() == delivery.id.is_some() || delivery.encrypted, "{}", case.name);
    }
}

#[test]
fn all_header_names_are_those_of_each_scheme_once() {
    let names = Scheme::all_header_names();
    let own: BTreeSet<_> = Scheme::ALL.iter().flat_map(Scheme::header_names).collect();
    assert_eq!(names.len(), own.len());
    assert_eq!(names.iter().cloned().collect::<BTreeSet<_>>(), own);
    for name in ["webhook-id", "svix-signature", "x-encryption-nonce", "stripe-signature"] {
        assert!(own.contains(name), "{name}");
    }
}

#[test]
fn a_scheme_equals_itself_alone_and_prints_its_name() {
    for (index, scheme) in Scheme::ALL.iter().enumerate() {
        let equal = Scheme::ALL.iter().map(|other| other == scheme);
        let own = (0..Scheme::ALL.len()).map(|other| other == index);
        assert!(equal.eq(own), "{}", scheme.name());
        assert_eq!(format!("{scheme:?}"), format!("Scheme({:?})", scheme.name()));
    }
}

#[test]
fn a_missing_header_says_what_is_missing_and_what_came_instead() {
    let without = missing(&[("webhook-id", "evt_1")]);
    assert_eq!(without, "the request has no webhook-timestamp, no webhook-signature");
    let another = missing(&[("Stripe-Signature", "t=1,v1=a"), ("webhook-signature", "v1,a")]);
    let expected = "the request has no webhook-id, no webhook-timestamp; \
                    it carries Stripe's (scheme `stripe`)";
    assert_eq!(another, expected);
}

/// The message of the refusal of a request with these headers, under `standard`.
fn missing(headers: &[(&str, &str)]) -> String {
    let secrets = Some(vec![Some(KeyInput::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))]);
    let keys = KeyOptions { secrets, ..KeyOptions::default() };
    let receiver = Receiver::new(ReceiverOptions { keys, ..ReceiverOptions::default() });
    let now = UnixTime::new(1_700_000_000).expect("a time");
    let error = receiver.expect("a receiver").open(headers, b"{}", now).expect_err("refused");
    assert_eq!(error.code(), Code::MissingHeader);
    error.message().to_owned()
}
