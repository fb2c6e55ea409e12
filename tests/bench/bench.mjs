// Measures opening against other libraries, as ratios in one run: each round takes every contestant
// in turn.
import { createHmac, timingSafeEqual } from "node:crypto";
import * as jose from "jose";
import { Receiver, Sender, generateEncryptionKey, generateSecret } from "postseal";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";

const SIZES = { "256 B": 256, "1 KiB": 1024, "16 KiB": 16 * 1024, "256 KiB": 256 * 1024 };
const ROUNDS = 15;
const ROUND_MS = 20;

const stripe = new Stripe("sk_test_unused");
const id = "evt_1";

/** A JSON text of the given length. */
const payloadOf = (length) => JSON.stringify({ text: "x".repeat(length - '{"text":""}'.length) });

/**
 * Verified and parsed by each, since the others parse too. All take the text that a framework has
 * read.
 */
function signed(payload) {
  const secret = generateSecret();
  const standard = new Sender({ secrets: [secret] }).seal({ id, payload });
  const receiver = new Receiver({ secrets: [secret] });
  const webhook = new Webhook(secret);
  const stripeSecret = "whsec_0123456789abcdef0123456789abcdef";
  const stripeOptions = { scheme: "stripe", secrets: [stripeSecret] };
  const stripeSealed = new Sender(stripeOptions).seal({ id, payload });
  const stripeHeader = stripeSealed.headers["Stripe-Signature"];
  const stripeReceiver = new Receiver(stripeOptions);
  return {
    postseal: () => receiver.open(standard.headers, payload).json(),
    standardwebhooks: () => webhook.verify(payload, standard.headers),
    "postseal, scheme stripe": () => stripeReceiver.open(stripeSealed.headers, payload).json(),
    stripe: () => stripe.webhooks.constructEvent(payload, stripeHeader, stripeSecret),
  };
}

/** Verified, decrypted and parsed; jose opens the token, and node:crypto checks the signature. */
function encrypted(payload) {
  const secret = generateSecret();
  const key = generateEncryptionKey();
  const options = { secrets: [secret], encryptionKeys: [key] };
  const { headers, body } = new Sender(options).seal({ id, payload });
  const receiver = new Receiver(options);
  const macKey = Buffer.from(secret.slice("whsec_".length), "base64");
  const cipherKey = Buffer.from(key.slice("whenc_".length), "base64");
  const token = new TextDecoder().decode(body);
  const expected = Buffer.from(headers["webhook-signature"].slice("v1,".length), "base64");
  const joseAndNode = async () => {
    const mac = createHmac("sha256", macKey);
    mac.update(`${id}.${headers["webhook-timestamp"]}.`).update(token);
    if (!timingSafeEqual(mac.digest(), expected)) throw new Error("signature mismatch");
    const { plaintext } = await jose.compactDecrypt(token, cipherKey);
    return JSON.parse(new TextDecoder().decode(plaintext));
  };
  return {
    "postseal, encrypted": () => receiver.open(headers, token).json(),
    "jose and node:crypto": joseAndNode,
  };
}

/** Nanoseconds of one call, over a round. A contestant that answers with a promise is awaited. */
async function timed(run, calls) {
  const began = process.hrtime.bigint();
  for (let call = 0; call < calls; call += 1) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return Number(process.hrtime.bigint() - began) / calls;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** The median of each contestant's rounds, taken in turn so that all share the machine's moods. */
async function compare(contestants) {
  const entries = Object.entries(contestants);
  const calls = new Map();
  for (const [name, run] of entries) {
    await timed(run, 20);
    calls.set(name, Math.max(1, Math.round((ROUND_MS * 1e6) / (await timed(run, 20)))));
  }
  const rounds = new Map(entries.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of entries) rounds.get(name).push(await timed(run, calls.get(name)));
  }
  return entries.map(([name]) => [name, median(rounds.get(name))]);
}

/** Contestants stand in pairs: ours, then theirs. */
function print(size, results) {
  for (let at = 0; at < results.length; at += 2) {
    const [[ours, ourTime], [theirs, theirTime]] = results.slice(at, at + 2);
    const ratio = (theirTime / ourTime).toFixed(2);
    const left = `${size.padEnd(8)} ${ours.padEnd(24)}${ourTime.toFixed(0).padStart(10)} ns`;
    const right = `${theirs.padEnd(21)}${theirTime.toFixed(0).padStart(10)} ns`;
    console.log(`${left}   ${right}   ${ratio.padStart(6)}`);
  }
}

console.log(`Node ${process.versions.node}: verify and parse, median of ${ROUNDS} rounds.`);
console.log("The last column is their time over ours: above 1, postseal is the faster one.\n");
for (const [size, length] of Object.entries(SIZES)) {
  const payload = payloadOf(length);
  print(size, await compare({ ...signed(payload), ...encrypted(payload) }));
}
