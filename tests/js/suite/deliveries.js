// What a delivery says, and what nothing says aloud: neither a log nor an error shows a payload or
// a key.
import { bytes, encrypted, KEY, NOW, PAYLOAD, plain, SECRET } from "./known.js";
import { ok, same, stackOf, throwsCode } from "./harness.js";

const INSPECT = Symbol.for("nodejs.util.inspect.custom");
/** The SHA-256 of `PAYLOAD`. */
const PAYLOAD_HASH =
  "sha256:891bc036bab45490b0130cf475f7985d455a635e53bc2fb862413ecd899ef5ed";
const SECRETS = [SECRET.slice(6), KEY.slice(6), "4242"];

export function deliveryTests({ postseal, util, test }) {
  const { Receiver, Sender } = postseal;
  const receiver = new Receiver({ secrets: SECRET, encryptionKeys: KEY });
  const sender = new Sender({ secrets: SECRET, encryptionKeys: KEY });
  const opened = (payload) => {
    const sealed = sender.seal({ id: "evt_1", payload }, { now: NOW });
    return receiver.open(sealed.headers, sealed.body, { now: NOW });
  };
  const from = { postseal, receiver, sender, opened, util, test };
  payloadTests(from);
  replayKeyTests(from);
  contentTypeTests(from);
  disposalTests(from);
  redactionTests(from);
  refusalTests(from);
}

function payloadTests({ postseal, opened, test }) {
  test("delivery: text and JSON", () => {
    same(opened(PAYLOAD).text(), PAYLOAD);
    same(opened(PAYLOAD).json(), JSON.parse(PAYLOAD));
    same(opened("\uFEFFx").text(), "\uFEFFx");
  });
  test("delivery: a payload that is not UTF-8", () => {
    const delivery = opened(new Uint8Array([0xff]));
    throwsCode(postseal, "payload_not_utf8", () => delivery.text());
    throwsCode(postseal, "payload_not_utf8", () => delivery.json());
    same(delivery.payload, new Uint8Array([0xff]));
  });
  test("delivery: a payload that is not JSON is quoted nowhere", () => {
    const error = throwsCode(postseal, "payload_not_json", () => opened("card 4242").json());
    ok(
      error.cause === undefined && !`${stackOf(error)}${error.message}`.includes("4242"),
      "no payload",
    );
  });
}

function replayKeyTests({ postseal, test }) {
  const options = { scheme: "github", secrets: "0123456789abcdef" };
  const sealed = plain(postseal, options);
  const bodies = { text: () => PAYLOAD, bytes: () => bytes(PAYLOAD) };
  for (const [name, body] of Object.entries(bodies)) {
    test(`delivery: the hash that is the replay key, of ${name}`, () => {
      const delivery = new postseal.Receiver(options).open(sealed.headers, body());
      same(delivery.replayKey, PAYLOAD_HASH);
      same({ ...delivery }.replayKey, PAYLOAD_HASH, "the copy's");
    });
  }
  test("delivery: the replay key is that of the bytes that were verified", () => {
    const receiver = new postseal.Receiver(options);
    const body = bytes(PAYLOAD);
    const delivery = receiver.open(sealed.headers, body);
    body.fill(0);
    receiver[Symbol.dispose]();
    same(delivery.replayKey, PAYLOAD_HASH);
  });
}

function contentTypeTests({ postseal: { Sender }, receiver, sender, test }) {
  test("delivery: a JSON message has its content type, plain and encrypted", () => {
    const message = { id: "evt_1", json: { a: 1 } };
    const clear = new Sender({ secrets: SECRET }).seal(message, { now: NOW });
    same(clear.headers["content-type"], "application/json");
    const sealed = sender.seal(message, { now: NOW });
    same(sealed.headers["content-type"], "application/jose");
    const delivery = receiver.open(sealed.headers, sealed.body, { now: NOW });
    same([delivery.contentType, delivery.json()], ["application/json", { a: 1 }]);
  });
  test("delivery: a content type cannot move the other facts", () => {
    const sealed = sender.seal(
      { id: "evt_1", payload: PAYLOAD, contentType: "=x; a b" },
      { now: NOW },
    );
    const delivery = receiver.open(sealed.headers, sealed.body, { now: NOW });
    same([delivery.contentType, delivery.text()], ["=x; a b", PAYLOAD]);
  });
}

function disposalTests({ postseal, test }) {
  const { Receiver, Sender } = postseal;
  test("delivery: its facts outlive the receiver", () => {
    const passing = new Receiver({ secrets: SECRET });
    const { headers, body } = plain(postseal);
    const delivery = passing.open(headers, body, { now: NOW });
    passing[Symbol.dispose]();
    same([delivery.id, delivery.text()], ["evt_1", PAYLOAD]);
    throwsCode(postseal, "stale_handle", () => passing.open(headers, body, { now: NOW }));
    passing[Symbol.dispose]();
  });
  test("delivery: a disposed sender is stale", () => {
    const passing = new Sender({ secrets: SECRET });
    passing[Symbol.dispose]();
    throwsCode(postseal, "stale_handle", () => passing.seal({ id: "evt_1", payload: "" }));
  });
}

function redactionTests({ receiver, sender, opened, util, test }) {
  const shown = { receiver, sender, delivery: opened(PAYLOAD) };
  for (const [name, value] of Object.entries(shown)) {
    test(`redaction: a ${name} shows no key and no payload`, () => {
      const forms = [
        String(value),
        JSON.stringify(value),
        value[INSPECT](),
        JSON.stringify({ ...value }),
      ];
      for (const form of forms)
        same(
          SECRETS.filter((secret) => form.includes(secret)),
          [],
          "shown",
        );
    });
  }
  test("redaction: a delivery as JSON", () => {
    const facts = { id: "evt_1", timestamp: NOW, secretId: "secret-1", encrypted: true };
    same(opened(PAYLOAD).toJSON(), { ...facts, payloadBytes: bytes(PAYLOAD).length });
  });
  if (util !== undefined) {
    test("redaction: Node's console", () => {
      const text = util.inspect(shown, { depth: 9, showHidden: true });
      same(
        SECRETS.filter((secret) => text.includes(secret)),
        [],
        "shown",
      );
      ok(text.includes('Delivery { id: "evt_1"'), text);
    });
  }
}

function refusalTests({ postseal, receiver, test }) {
  test("redaction: a refusal shows no header, key or payload", () => {
    const { headers, body } = encrypted(postseal);
    const wrong = { ...headers, "webhook-signature": `v1,${btoa("x".repeat(32))}` };
    const error = throwsCode(postseal, "signature_mismatch", () =>
      receiver.open(wrong, body, { now: NOW }),
    );
    const text = JSON.stringify(error) + stackOf(error);
    same(
      [...SECRETS, btoa("x".repeat(32))].filter((secret) => text.includes(secret)),
      [],
      "shown",
    );
    same(Object.keys(error.toJSON()), ["code", "message", "status"]);
  });
}
