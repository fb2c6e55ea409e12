// Opening a signed, plain body, given as the text that a framework has read.
import { createHmac, timingSafeEqual } from "node:crypto";
import { verify as verifyGitHub } from "@octokit/webhooks-methods";
import { Receiver, Sender, generateSecret } from "postseal";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { compare } from "./measure.mjs";

const id = "evt_1";
const stripe = new Stripe("sk_test_unused");
const textSecret = "whsec_0123456789abcdef0123456789abcdef";

/** Those that only verify stand against `open`, those that also parse against `open` and `json`. */
export async function plain(payload) {
  const times = await compare({ ...standard(payload), ...ofStripe(payload), ...gitHub(payload) });
  const row = (ours, theirs) => ({ ours, theirs, ns: times[ours], theirNs: times[theirs] });
  return [
    row("open", "standardwebhooks"),
    row("open", "node:crypto by hand"),
    row("open and json", "svix"),
    row("scheme stripe, and json", "stripe constructEvent"),
    row("scheme github", "@octokit/webhooks-methods"),
  ];
}

function standard(payload) {
  const secret = generateSecret();
  const { headers } = new Sender({ secrets: [secret] }).seal({ id, payload });
  const receiver = new Receiver({ secrets: [secret] });
  const webhook = new Webhook(secret);
  const svix = new SvixWebhook(secret);
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return {
    open: () => receiver.open(headers, payload),
    standardwebhooks: () => webhook.verify(payload, headers, { jsonParse: false }),
    "node:crypto by hand": () => byHand(key, headers, payload),
    "open and json": () => receiver.open(headers, payload).json(),
    svix: () => svix.verify(payload, headers),
  };
}

/** What a careful reader of the specification writes, for one secret and one signature. */
function byHand(key, headers, payload) {
  const timestamp = headers["webhook-timestamp"];
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) throw new Error("too old");
  const mac = createHmac("sha256", key).update(`${headers["webhook-id"]}.${timestamp}.${payload}`);
  const given = Buffer.from(headers["webhook-signature"].slice("v1,".length), "base64");
  if (!timingSafeEqual(mac.digest(), given)) throw new Error("signature mismatch");
}

function ofStripe(payload) {
  const options = { scheme: "stripe", secrets: [textSecret] };
  const { headers } = new Sender(options).seal({ id, payload });
  const receiver = new Receiver(options);
  const header = headers["Stripe-Signature"];
  return {
    "scheme stripe, and json": () => receiver.open(headers, payload).json(),
    "stripe constructEvent": () => stripe.webhooks.constructEvent(payload, header, textSecret),
  };
}

function gitHub(payload) {
  const options = { scheme: "github", secrets: [textSecret] };
  const { headers } = new Sender(options).seal({ id, payload });
  const receiver = new Receiver(options);
  const header = headers["X-Hub-Signature-256"];
  return {
    "scheme github": () => receiver.open(headers, payload),
    "@octokit/webhooks-methods": () => verifyGitHub(textSecret, payload, header),
  };
}
