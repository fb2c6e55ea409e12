// Runs every case of tests/vectors: the specification, as data. What it does not know, it fails on.
import { ok, same, throwsCode } from "./harness.js";
import { fromBase64, withHost } from "./host.js";

const CASE = ["name", "scheme", "options", "now", "headers", "body", "body_base64", "body_repeat"];
const MEMBERS = new Set([...CASE, "expect", "seal", "source"]);
const SENDER_MEMBERS = new Set([
  "name",
  "scheme",
  "options",
  "now",
  "message",
  "nonces",
  "expect",
  "source",
]);
const FACTS = ["id", "timestamp", "replayKey", "replayKeySource", "replayProtected", "secretId"];
FACTS.push("matchedSecretIds", "encrypted", "encryptionKeyId", "contentType");

export function vectorTests({ postseal, vectors, test }) {
  for (const [file, { about, cases, ...unknown }] of Object.entries(vectors.cases)) {
    test(`${file} is a vector file`, () => {
      same(Object.keys(unknown), [], "unknown members");
      ok(typeof about === "string" && cases.length > 0, "`about` and cases");
    });
    const run = file === "sender.json" ? senderCase : receiverCase;
    for (const vector of cases) test(`${file} ${vector.name}`, () => run(postseal, vector));
  }
}

function receiverCase(postseal, vector) {
  same(
    Object.keys(vector).filter((name) => !MEMBERS.has(name)),
    [],
    "unknown members",
  );
  const { keys, ...options } = vector.options;
  const body = bytesOf(vector, "body");
  const open = () => {
    const receiver = new postseal.Receiver({ scheme: vector.scheme, ...unset(options) });
    const context = { now: vector.now, ...(keys === undefined ? {} : { keys: unset(keys) }) };
    return receiver.open(vector.headers, body, context);
  };
  const [[kind, expected], ...more] = Object.entries(vector.expect);
  same(more, [], "expectations beyond the first");
  if (kind === "code") throwsCode(postseal, expected, open);
  else if (kind === "delivery") sameDelivery(open(), expected);
  else throw new Error(`unknown expectation ${kind}`);
  if (vector.seal !== undefined) sealCase(postseal, vector, body);
}

function sameDelivery(delivery, expected) {
  const { payload, payload_base64, ...facts } = expected;
  same(Object.keys(facts).sort(), [...FACTS].sort(), "the expected facts");
  for (const fact of FACTS) same(delivery[fact], facts[fact], fact);
  same(delivery.payload, bytesOf({ payload, payload_base64 }, "payload"), "payload");
}

/** Sealing at `now` gives exactly the case's headers, in order and spelling, and its body. */
function sealCase(postseal, { scheme, seal, now, headers }, body) {
  const { message, nonce, options, ...unknown } = seal;
  same(unknown, {}, "unknown members of seal");
  const sender = new postseal.Sender({ scheme, ...unset(options) });
  const nonces = nonce === undefined ? undefined : [nonce];
  const sealed = withNonces(nonces, () => sender.seal(messageOf(message), { now }));
  same(Object.entries(sealed.headers), headers, "sealed headers");
  same(sealed.body, body, "sealed body");
}

/**
 * One seal for each of `nonces`: all succeed but the last, which is refused. Without `nonces` one,
 * with whatever randomness.
 */
function senderCase(postseal, vector) {
  same(
    Object.keys(vector).filter((name) => !SENDER_MEMBERS.has(name)),
    [],
    "unknown members",
  );
  same(Object.keys(vector.expect), ["code"], "expectations");
  const { scheme, options, now, nonces, message, expect } = vector;
  const made = () => new postseal.Sender({ scheme, ...unset(options) });
  const seal = (sender) => sender.seal(messageOf(message), { now });
  if (nonces === undefined) return throwsCode(postseal, expect.code, () => seal(made()));
  ok(nonces.length > 0, "nonces");
  return withNonces(nonces, () => {
    const sender = made();
    for (const _ of nonces.slice(1)) seal(sender);
    throwsCode(postseal, expect.code, () => seal(sender));
  });
}

/** The platform's randomness gives these, in this order, while `run` runs. */
function withNonces(nonces, run) {
  if (nonces === undefined) return run();
  let drawn = 0;
  const random = (view) => {
    drawn += 1;
    // One that is missing may be hidden behind the code of a refusal, so it is told below too.
    if (drawn > nonces.length) throw new Error("no randomness is left");
    view.set(fromBase64(nonces[drawn - 1]));
    return view;
  };
  const result = withHost({ random }, run);
  ok(drawn <= nonces.length, "no more nonces drawn than the case has");
  return result;
}

function messageOf({ id, contentType, ...payload }) {
  return {
    id,
    payload: bytesOf(payload, "payload"),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

/** `null` in a list stands for a variable that is not set. */
function unset(options) {
  const entries = Object.entries(options).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((entry) => entry ?? undefined) : value,
  ]);
  return Object.fromEntries(entries);
}

function bytesOf(vector, name) {
  const { [name]: plain, [`${name}_base64`]: base64, [`${name}_repeat`]: repeat } = vector;
  if (base64 !== undefined) return fromBase64(base64);
  const text = repeat === undefined ? plain : repeat[0].repeat(repeat[1]);
  ok(typeof text === "string", `a ${name}`);
  return new TextEncoder().encode(text);
}
