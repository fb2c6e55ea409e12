// The entry points that replace other libraries.
import { EVIL_SECRET, NOW, PAYLOAD, SECRET, STALE } from "./known.js";
import { messages } from "./opening.js";

export function insteadCases(loaded) {
  const signed = messages(loaded.postseal);
  return {
    ...webhookCases("standardwebhooks", loaded["postseal/standardwebhooks"], signed),
    ...webhookCases("svix", loaded["postseal/svix"], signed),
    ...stripeCases(loaded["postseal/stripe"]),
    ...octokitCases(loaded["postseal/octokit"]),
  };
}

function webhookCases(library, { Webhook, WebhookVerificationError }, { good, forged, stale }) {
  const made = {
    "no options": () => new Webhook(SECRET),
    "empty options": () => new Webhook(SECRET, {}),
    "a raw secret": () => new Webhook(SECRET, { format: "raw" }),
    bytes: () => new Webhook(new TextEncoder().encode(SECRET), {}),
  };
  const cases = {
    [`${library}, an error`]: () => new WebhookVerificationError("no"),
    [`${library}, no Date`]: () => new Webhook(SECRET).sign("evt_1", {}, PAYLOAD),
  };
  for (const [name, make] of Object.entries(made)) {
    cases[`${library}, ${name}, sign`] = () => make().sign("evt_1", new Date(NOW * 1000), PAYLOAD);
    for (const [kind, { headers, body }] of Object.entries({ good, forged, stale })) {
      const opened = (options) => {
        const event = make().verify(body, headers, options);
        return typeof event === "object" ? Object.entries(event) : [event];
      };
      cases[`${library}, ${name}, ${kind}`] = () => opened();
      cases[`${library}, ${name}, ${kind}, empty options`] = () => opened({});
    }
  }
  return cases;
}

function stripeCases({ default: stripe, ...named }) {
  const { webhooks } = stripe;
  const header = (secret, timestamp) =>
    webhooks.generateTestHeaderString({ payload: PAYLOAD, secret, timestamp });
  const headers = {
    good: header("text", NOW),
    forged: header(EVIL_SECRET, NOW),
    stale: header("text", STALE),
    none: undefined,
  };
  const provider = stripe.createNodeCryptoProvider();
  const cases = {
    "stripe, a header": () => webhooks.generateTestHeaderString({ payload: PAYLOAD, secret: "a" }),
    "stripe, a header without a secret": () =>
      webhooks.generateTestHeaderString({ payload: PAYLOAD }),
    "stripe, a header of nothing": () => webhooks.generateTestHeaderString({}),
    "stripe, an error": () => new named.StripeSignatureVerificationError("", "", {}),
    "stripe, an error of nothing": () => new named.StripeSignatureVerificationError("", ""),
    "stripe, an HMAC": () => provider.computeHMACSignature(PAYLOAD, "a"),
    "stripe, a hash": () => provider.computeSHA256Async(new TextEncoder().encode(PAYLOAD)),
  };
  for (const [kind, value] of Object.entries(headers)) {
    cases[`stripe, ${kind}`] = () =>
      Object.entries(webhooks.constructEvent(PAYLOAD, value, "text"));
    cases[`stripe, ${kind}, a tolerance`] = () =>
      Object.entries(webhooks.constructEvent(PAYLOAD, value, "text", 60, undefined, NOW * 1000));
    cases[`stripe, ${kind}, the header alone`] = () =>
      webhooks.signature.verifyHeader(PAYLOAD, value, "text");
  }
  return cases;
}

function octokitCases({ sign, verify, verifyWithFallback }) {
  return {
    "octokit, sign": () => sign("a", PAYLOAD),
    "octokit, good": async () => verify("a", PAYLOAD, await sign("a", PAYLOAD)),
    "octokit, forged": async () => verify("a", PAYLOAD, await sign(EVIL_SECRET, PAYLOAD)),
    "octokit, nothing": () => verify(),
    "octokit, a hole": async () =>
      verifyWithFallback("a", PAYLOAD, await sign(EVIL_SECRET, PAYLOAD), ["b", , "c"]),
    "octokit, none": async () => verifyWithFallback("a", PAYLOAD, await sign("a", PAYLOAD)),
  };
}
