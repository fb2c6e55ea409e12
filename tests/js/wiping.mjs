// Looks for keys and payloads in the module's memory: node wiping.mjs INLINE_CJS CONTROL_INLINE_CJS
//
// Both are the package's entry for Node: the one that is published, and one that was compiled
// without wiping, in which the same search must find something. What must be gone is searched for
// by name, and also without one: two runs that differ in a key alone must leave the same memory,
// in whatever form the key was held. The shadow stack is left out: nothing is promised of it.
import { createHmac, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { blockState } from "./wiping/sha256.mjs";

/** The linker's default; the stack comes first, before all data. */
const STACK_BYTES = 1 << 20;
const NOW = 1_700_000_000;
const PAYLOAD = Buffer.from("the payload that nobody may find again ".repeat(40));

const require = createRequire(import.meta.url);
const [published, control] = process.argv.slice(2).map((path) => resolve(path));
let passed = 0;
let failed = 0;

const first = keys();
const other = { ...keys(), encryption: first.encryption };
const another = { ...keys(), signing: first.signing };

for (const [name, search] of Object.entries({
  named,
  unnamedSecret,
  unnamedKey,
  body,
  payload,
  refused,
})) {
  const found = search(published);
  check(`${name}: ${found.join(", ") || "nothing is left"}`, found.length === 0);
}
for (const [name, search] of Object.entries({ named, unnamedSecret, unnamedKey, body })) {
  const found = search(control);
  check(`${name}, without wiping: ${found.join(", ") || "nothing was found"}`, found.length > 0);
}
alive();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function keys() {
  return { signing: randomBytes(32), encryption: randomBytes(32) };
}

/** A copy of the package with an instance, and so a memory, of its own. */
function load(path) {
  let memory;
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args);
      memory = this.exports.memory;
    }
  };
  delete require.cache[path];
  const module = require(path);
  new module.Receiver({ secrets: "whsec_" + "A".repeat(32) })[Symbol.dispose]();
  WebAssembly.Instance = Instance;
  return { module, heap: () => Buffer.from(memory.buffer.slice(STACK_BYTES)) };
}

function options({ signing, encryption }) {
  return {
    secrets: "whsec_" + signing.toString("base64"),
    encryptionKeys: [{ id: "key", secret: "whenc_" + encryption.toString("base64") }],
  };
}

/** Every form of a secret and a key that has a name. */
function forms({ signing, encryption }) {
  const block = (mask) => Buffer.concat([signing, Buffer.alloc(32)]).map((byte) => byte ^ mask);
  return {
    "the secret": signing,
    "the secret's base64": Buffer.from(signing.toString("base64")),
    "the inner padded block": block(0x36),
    "the outer padded block": block(0x5c),
    "the inner midstate": blockState(block(0x36)),
    "the outer midstate": blockState(block(0x5c)),
    "the encryption key": encryption,
    "the encryption key's base64": Buffer.from(encryption.toString("base64")),
  };
}

function present(heap, wanted) {
  return Object.keys(wanted).filter((name) => heap.includes(wanted[name]));
}

/** What is left by name of a receiver and a sender that were used, and are disposed of. */
function named(path) {
  const { module, heap } = load(path);
  const sender = new module.Sender(options(first));
  const receiver = new module.Receiver(options(first));
  const { headers, body } = sender.seal({ id: "evt_1", payload: PAYLOAD }, { now: NOW });
  receiver.open(headers, body, { now: NOW });
  sender[Symbol.dispose]();
  receiver[Symbol.dispose]();
  return present(heap(), forms(first));
}

/** What differs after two receivers that differ in their secret alone. */
function unnamedSecret(path) {
  return unnamed(path, other);
}

/** The same for the encryption key, whose schedule is kept in an order of its own. */
function unnamedKey(path) {
  return unnamed(path, another);
}

function unnamed(path, second) {
  const differing = difference(disposed(path, first), disposed(path, second));
  return differing === 0 ? [] : [`${differing} bytes that depend on the key`];
}

function disposed(path, held) {
  const { module, heap } = load(path);
  const receiver = new module.Receiver(options(held));
  refusal(() => receiver.open(signedBy(randomBytes(32), "{}"), "{}", { now: NOW }));
  receiver[Symbol.dispose]();
  return heap();
}

function difference(one, two) {
  if (one.length !== two.length) return Math.abs(one.length - two.length);
  return one.reduce((count, byte, at) => count + Number(byte !== two[at]), 0);
}

/** What is left of a plain body. Without wiping it stays: the searches for a payload find one. */
function body(path) {
  const { module, heap } = load(path);
  const text = PAYLOAD.toString();
  const receiver = new module.Receiver({ secrets: options(first).secrets });
  receiver.open(signedBy(first.signing, text), text, { now: NOW });
  return present(heap(), { "the body": PAYLOAD.subarray(100, 164) });
}

/** What is left of a payload that was opened and handed over. */
function payload(path) {
  const { module, heap } = load(path);
  const { headers, body } = new module.Sender(options(first)).seal(
    { id: "evt_1", payload: PAYLOAD },
    { now: NOW },
  );
  const delivery = new module.Receiver(options(first)).open(headers, body, { now: NOW });
  if (!PAYLOAD.equals(delivery.payload)) throw new Error("another payload was opened");
  return present(heap(), { "the payload": PAYLOAD.subarray(100, 164) });
}

/** What is left of a payload whose tag is wrong: nothing of it may ever have been readable. */
function refused(path) {
  const sealing = load(path);
  const { body } = new sealing.module.Sender(options(first)).seal(
    { id: "evt_1", payload: PAYLOAD },
    { now: NOW },
  );
  const token = Buffer.from(body).toString();
  const changed = token.slice(0, -2) + (token.endsWith("AA") ? "BA" : "AA");
  const { module, heap } = load(path);
  const receiver = new module.Receiver(options(first));
  const code = refusal(() =>
    receiver.open(signedBy(first.signing, changed), changed, { now: NOW }),
  );
  if (code !== "decryption_failed") return [`the code ${code}`];
  return present(heap(), { "the payload": PAYLOAD.subarray(100, 164) });
}

/** While they live, the midstates and the schedule are there: the search does find things. */
function alive() {
  const running = (held) => {
    const { module, heap } = load(published);
    const receiver = new module.Receiver(options(held));
    return [heap(), receiver];
  };
  const [heap] = running(first);
  const found = present(heap, forms(first));
  check(
    `a live receiver holds its midstates alone: ${found.join(", ")}`,
    found.join() === "the inner midstate,the outer midstate",
  );
  const [second] = running(another);
  const schedule = difference(heap, second);
  check(`a live receiver holds an AES schedule: ${schedule} bytes`, schedule >= 240);
}

function signedBy(secret, body) {
  const mac = createHmac("sha256", secret).update(`evt_1.${NOW}.${body}`).digest("base64");
  return {
    "webhook-id": "evt_1",
    "webhook-timestamp": String(NOW),
    "webhook-signature": `v1,${mac}`,
  };
}

function refusal(run) {
  try {
    run();
    return "none";
  } catch (error) {
    return error.code;
  }
}

function check(name, holds) {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`  ${holds ? "ok" : "FAILED"}  ${name}`);
}
