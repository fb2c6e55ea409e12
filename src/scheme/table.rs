//! The table of schemes: one entry each, with the source of its facts.

use super::{Envelope, HeaderFamily, Layout, MacEncoding, Part, Scheme};
use crate::limits::TEXT_SECRET_BYTES_MIN;
use crate::secret::SecretForm;

/// Every scheme, the default first.
pub(super) const SCHEMES: &[Scheme] = &[STANDARD, X_WEBHOOK, STRIPE, GITHUB, SLACK, SHOPIFY];

/// A provider's own secret: the bounds are the provider's matter.
const PROVIDER_SECRET: SecretForm = SecretForm::Text { bytes_min: 1 };

/// Standard Webhooks, and Svix, from which it came.
pub(super) const STANDARD: Scheme = Scheme {
    name: "standard",
    provider: "Standard Webhooks",
    source: "Standard Webhooks specification 1.0.0; standardwebhooks and svix libraries",
    families: &[
        HeaderFamily {
            id: Some("webhook-id"),
            timestamp: Some("webhook-timestamp"),
            signature: "webhook-signature",
        },
        HeaderFamily {
            id: Some("svix-id"),
            timestamp: Some("svix-timestamp"),
            signature: "svix-signature",
        },
    ],
    layout: Layout::Entries { mac: "v1", ed25519: "v1a" },
    signed: &[Part::Id, Part::Text("."), Part::Timestamp, Part::Text("."), Part::Body],
    encoding: MacEncoding::Base64,
    secret_form: SecretForm::Webhook,
    nonce_header: None,
    repeats_have_same_payload: true,
    default_envelope: Envelope::Jwe,
};

/// The guide's format.
const X_WEBHOOK: Scheme = Scheme {
    name: "x-webhook",
    provider: "an X-Webhook sender",
    source: "the guide to encrypted webhooks from which postseal began; docs/formats.md",
    families: &[HeaderFamily {
        id: None,
        timestamp: Some("X-Webhook-Timestamp"),
        signature: "X-Webhook-Signature",
    }],
    layout: Layout::Single { prefix: "" },
    signed: &[Part::Timestamp, Part::Text("."), Part::Body],
    encoding: MacEncoding::Hex,
    secret_form: SecretForm::Text { bytes_min: TEXT_SECRET_BYTES_MIN },
    nonce_header: Some("X-Encryption-Nonce"),
    repeats_have_same_payload: true,
    default_envelope: Envelope::Json,
};

const STRIPE: Scheme = Scheme {
    name: "stripe",
    provider: "Stripe",
    source: "docs.stripe.com, verify webhook signatures manually; stripe-node, Webhooks.ts",
    families: &[HeaderFamily { id: None, timestamp: None, signature: "Stripe-Signature" }],
    layout: Layout::Pairs { timestamp: "t", mac: "v1" },
    signed: &[Part::Timestamp, Part::Text("."), Part::Body],
    encoding: MacEncoding::Hex,
    secret_form: PROVIDER_SECRET,
    nonce_header: None,
    repeats_have_same_payload: false,
    default_envelope: Envelope::Jwe,
};

const GITHUB: Scheme = Scheme {
    name: "github",
    provider: "GitHub",
    source: "docs.github.com, validating webhook deliveries; octokit/webhooks-methods.js",
    families: &[HeaderFamily { id: None, timestamp: None, signature: "X-Hub-Signature-256" }],
    layout: Layout::Single { prefix: "sha256=" },
    signed: &[Part::Body],
    encoding: MacEncoding::Hex,
    secret_form: PROVIDER_SECRET,
    nonce_header: None,
    repeats_have_same_payload: false,
    default_envelope: Envelope::Jwe,
};

const SLACK: Scheme = Scheme {
    name: "slack",
    provider: "Slack",
    source: "docs.slack.dev, verifying requests from Slack; slackapi/node-slack-sdk",
    families: &[HeaderFamily {
        id: None,
        timestamp: Some("X-Slack-Request-Timestamp"),
        signature: "X-Slack-Signature",
    }],
    layout: Layout::Single { prefix: "v0=" },
    signed: &[Part::Text("v0:"), Part::Timestamp, Part::Text(":"), Part::Body],
    encoding: MacEncoding::Hex,
    secret_form: PROVIDER_SECRET,
    nonce_header: None,
    repeats_have_same_payload: false,
    default_envelope: Envelope::Jwe,
};

const SHOPIFY: Scheme = Scheme {
    name: "shopify",
    provider: "Shopify",
    source: "shopify.dev, deliver webhooks through HTTPS; Shopify/shopify-app-js",
    families: &[HeaderFamily { id: None, timestamp: None, signature: "X-Shopify-Hmac-SHA256" }],
    layout: Layout::Single { prefix: "" },
    signed: &[Part::Body],
    encoding: MacEncoding::Base64,
    secret_form: PROVIDER_SECRET,
    nonce_header: None,
    repeats_have_same_payload: false,
    default_envelope: Envelope::Jwe,
};
