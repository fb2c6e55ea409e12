// postseal beside the libraries that its users' partners have: node interop.mjs <module of the
// installed package>
import { pathToFileURL } from "node:url";
import { sign as githubSign, verify as githubVerify } from "@octokit/webhooks-methods";
import { CompactEncrypt, compactDecrypt } from "jose";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { ok, same, Suite, throwsCode } from "./suite/harness.js";
import { KEY, PAYLOAD, SECRET } from "./suite/known.js";

const { postseal } = await import(pathToFileURL(process.argv[2]).href);
const { Receiver, Sender } = postseal;
const suite = new Suite();
const { test } = suite;

const MESSAGE = { id: "evt_1", payload: PAYLOAD };
const TEXT_SECRET = "whsec_plain_text_of_stripe";
const KEY_BYTES = Buffer.from(KEY.slice(6), "base64");
const NAMED_KEY = { id: "key-2026", secret: KEY };
const PAYLOADS = {
  JSON: PAYLOAD,
  "an empty body": "",
  "text beyond ASCII": '{"name":"Zoë 🦭"}',
  "line ends": "a\r\nb\n",
};

for (const [library, Webhook] of Object.entries({
  standardwebhooks: StandardWebhook,
  svix: SvixWebhook,
})) {
  for (const [name, payload] of Object.entries(PAYLOADS)) {
    test(`${library} signs, we open: ${name}`, () => {
      const now = new Date();
      const headers = headersOf(library, now, new Webhook(SECRET).sign("evt_1", now, payload));
      const delivery = new Receiver({ secrets: SECRET }).open(headers, payload);
      same([delivery.id, delivery.text()], ["evt_1", payload]);
    });
  }
  test(`we sign, ${library} verifies`, () => {
    const { headers, body } = new Sender({ secrets: [SECRET, postseal.generateSecret()] }).seal(
      MESSAGE,
    );
    new Webhook(SECRET).verify(Buffer.from(body), headers);
    ok(
      throws(() => new Webhook(SECRET).verify(Buffer.from(`${PAYLOAD} `), headers)),
      "another body is refused",
    );
  });
  test(`we generate a secret, ${library} takes it`, () => {
    const secret = postseal.generateSecret();
    const { headers, body } = new Sender({ secrets: secret }).seal(MESSAGE);
    new Webhook(secret).verify(Buffer.from(body), headers);
  });
  test(`what ${library} signs with another secret is refused`, () => {
    const now = new Date();
    const headers = headersOf(
      library,
      now,
      new Webhook(postseal.generateSecret()).sign("evt_1", now, PAYLOAD),
    );
    throwsCode(postseal, "signature_mismatch", () =>
      new Receiver({ secrets: SECRET }).open(headers, PAYLOAD),
    );
  });
}

function throws(call) {
  try {
    call();
  } catch {
    return true;
  }
  return false;
}

function headersOf(library, now, signature) {
  const prefix = library === "svix" ? "svix" : "webhook";
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return {
    [`${prefix}-id`]: "evt_1",
    [`${prefix}-timestamp`]: timestamp,
    [`${prefix}-signature`]: signature,
  };
}

for (const [name, payload] of Object.entries(PAYLOADS)) {
  test(`we seal, jose decrypts: ${name}`, async () => {
    const sender = new Sender({
      secrets: SECRET,
      encryptionKeys: NAMED_KEY,
      audience: "https://example.org/hooks",
    });
    const { body } = sender.seal({ id: "evt_1", payload, contentType: "text/plain" });
    const { plaintext, protectedHeader } = await compactDecrypt(
      Buffer.from(body).toString(),
      KEY_BYTES,
    );
    same(Buffer.from(plaintext).toString(), payload);
    const named = {
      kid: "key-2026",
      "webhook-id": "evt_1",
      cty: "text/plain",
      aud: "https://example.org/hooks",
    };
    same(protectedHeader, { alg: "dir", enc: "A256GCM", ...named });
  });
  test(`jose encrypts, we open: ${name}`, async () => {
    const header = {
      alg: "dir",
      enc: "A256GCM",
      typ: "JOSE",
      kid: "key-2026",
      "webhook-id": "evt_1",
      cty: "text/plain",
    };
    const token = await new CompactEncrypt(Buffer.from(payload))
      .setProtectedHeader(header)
      .encrypt(KEY_BYTES);
    const { headers } = new Sender({ secrets: SECRET }).seal({ id: "evt_1", payload: token });
    const delivery = new Receiver({ secrets: SECRET, encryptionKeys: NAMED_KEY }).open(
      headers,
      token,
    );
    same(
      [delivery.text(), delivery.encryptionKeyId, delivery.contentType],
      [payload, "key-2026", "text/plain"],
    );
  });
}
test("what jose encrypts with another key is refused", async () => {
  const header = { alg: "dir", enc: "A256GCM", kid: "key-2026", "webhook-id": "evt_1" };
  const token = await new CompactEncrypt(Buffer.from(PAYLOAD))
    .setProtectedHeader(header)
    .encrypt(Buffer.alloc(32, 7));
  const { headers } = new Sender({ secrets: SECRET }).seal({ id: "evt_1", payload: token });
  const receiver = new Receiver({ secrets: SECRET, encryptionKeys: NAMED_KEY });
  throwsCode(postseal, "decryption_failed", () => receiver.open(headers, token));
});

test("stripe generates a test header, we open", () => {
  const header = Stripe.webhooks.generateTestHeaderString({
    payload: PAYLOAD,
    secret: TEXT_SECRET,
  });
  const receiver = new Receiver({ scheme: "stripe", secrets: TEXT_SECRET });
  const delivery = receiver.open({ "stripe-signature": header }, PAYLOAD);
  same([delivery.id, delivery.text(), delivery.replayProtected], [null, PAYLOAD, true]);
});
test("we sign, stripe constructs the event", () => {
  const sender = new Sender({ scheme: "stripe", secrets: [TEXT_SECRET, "whsec_another_one"] });
  const { headers, body } = sender.seal(MESSAGE);
  for (const secret of [TEXT_SECRET, "whsec_another_one"]) {
    const event = Stripe.webhooks.constructEvent(
      Buffer.from(body),
      headers["Stripe-Signature"],
      secret,
    );
    same(event, JSON.parse(PAYLOAD));
  }
});
test("what stripe signs for a time long past is refused", () => {
  const timestamp = Math.floor(Date.now() / 1000) - 301;
  const header = Stripe.webhooks.generateTestHeaderString({
    payload: PAYLOAD,
    secret: TEXT_SECRET,
    timestamp,
  });
  const receiver = new Receiver({ scheme: "stripe", secrets: TEXT_SECRET });
  throwsCode(postseal, "timestamp_too_old", () =>
    receiver.open({ "Stripe-Signature": header }, PAYLOAD),
  );
});

for (const [name, payload] of Object.entries(PAYLOADS)) {
  // Octokit refuses to sign what is empty.
  if (payload === "") continue;
  test(`octokit signs, we open: ${name}`, async () => {
    const headers = { "x-hub-signature-256": await githubSign("It's a secret", payload) };
    same(
      new Receiver({ scheme: "github", secrets: "It's a secret" }).open(headers, payload).text(),
      payload,
    );
  });
  test(`we sign, octokit verifies: ${name}`, async () => {
    const { headers } = new Sender({ scheme: "github", secrets: "It's a secret" }).seal({
      id: "evt_1",
      payload,
    });
    ok(await githubVerify("It's a secret", payload, headers["X-Hub-Signature-256"]), "verified");
  });
}

const { passed, failed } = await suite.run();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
