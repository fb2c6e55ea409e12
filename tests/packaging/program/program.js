// What an application does with the package, in every tool: its names are imported as an
// application imports them, and it answers with its count as text.
// By name, since a bundler then looks past an entry point to where a name comes from.
import { claim, generateEncryptionKey, generateSecret, nextAttempt } from "postseal";
import { Receiver, Sender, WebhookError } from "postseal";
import { memoryStore } from "postseal/stores";
import entryPoints from "./entry_points.js";
import exported from "./exported.js";
import { ok, same, Suite, throwsCode } from "./harness.js";

const PAYLOAD = '{"amount":4200}';
const secrets = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
// Workers allow it at module scope, where there is neither a clock nor randomness.
const receiver = new Receiver({ secrets });

/** Runs the program, and what else a tool adds: a line for each failure, and the count. */
export async function report(...added) {
  const lines = [];
  const { passed, failed } = await run((line) => lines.push(line), ...added);
  return [...lines, `${passed} passed, ${failed} failed`].join("\n");
}

/** Runs the program, and tells each failure. */
export function run(print, ...added) {
  const suite = new Suite();
  for (const add of [messages, claims, entries, ...added]) add(suite);
  return suite.run(print);
}

function messages({ test }) {
  const sealed = () => new Sender({ secrets }).seal({ id: "evt_1", payload: PAYLOAD });
  test("a plain message", () => {
    const { headers, body } = sealed();
    const delivery = receiver.open(headers, body);
    same([delivery.id, delivery.encrypted, delivery.text()], ["evt_1", false, PAYLOAD]);
  });
  test("an encrypted message", () => {
    const options = { secrets: generateSecret(), encryptionKeys: generateEncryptionKey() };
    const { headers, body } = new Sender(options).seal({ id: "evt_2", json: { amount: 1 } });
    const delivery = new Receiver(options).open(headers, body);
    same([delivery.id, delivery.encrypted, delivery.json()], ["evt_2", true, { amount: 1 }]);
  });
  test("a message that was tampered with", () => {
    const { headers, body } = sealed();
    body[0] ^= 1;
    throwsCode({ WebhookError }, "signature_mismatch", () => receiver.open(headers, body));
  });
  test("the next attempt", () => {
    same(nextAttempt({ attempt: 1, status: 410, retryAfter: null }).outcome, "gone");
  });
}

function claims({ test }) {
  test("a delivery is new once", async () => {
    const { headers, body } = new Sender({ secrets }).seal({ id: "evt_3", payload: PAYLOAD });
    const store = memoryStore();
    const claimed = () => claim(store, receiver.open(headers, body), { source: "orders" });
    const first = await claimed();
    same(first.outcome, "new");
    await first.done();
    same((await claimed()).outcome, "duplicate");
  });
  test("an error of an entry point beside the root", () => {
    throwsCode({ WebhookError }, "invalid_config", () => memoryStore({ maxKeys: 0 }));
  });
}

function entries({ test }) {
  for (const [name, expected] of Object.entries(exported)) {
    test(`every name of ${name}`, () => {
      const kinds = Object.fromEntries(
        Object.keys(expected).map((key) => [key, typeof entryPoints[name][key]]),
      );
      same(kinds, expected);
      ok(Object.keys(expected).length > 0, "a name at least");
    });
  }
}
