// `postseal/testing`: a receiver takes what is right, and refuses each wrong thing for its own
// reason, under every scheme.
import { KEY, NOW, PAYLOAD, SECRET } from "./known.js";
import { ok, same, throwsCode } from "./harness.js";

const MESSAGE = { id: "evt_1", payload: PAYLOAD };
const SECRETS = { standard: SECRET };
const TEXT_SECRET = "a secret of plain text";
const TAMPERED = {
  body: "signature_mismatch",
  signature: "signature_mismatch",
  old: "timestamp_too_old",
  unsigned: "missing_header",
};
const WITHOUT_TIMESTAMP = ["github", "shopify"];

export function testingTests({ postseal, testing, vectors, test }) {
  const cases = Object.values(vectors.cases).flatMap((file) => file.cases);
  for (const scheme of new Set(cases.map((vector) => vector.scheme))) {
    const secret = SECRETS[scheme] ?? TEXT_SECRET;
    const kinds = { plain: {}, encrypted: { encryptionKey: KEY } };
    for (const [kind, keys] of Object.entries(kinds)) {
      const options = { scheme, secret, ...keys, message: MESSAGE, now: NOW };
      schemeTests({ postseal, testing, test, name: `${scheme}, ${kind}`, options });
    }
  }
  const options = { secret: SECRET, message: MESSAGE };
  optionTests({ postseal, testing, test, options });
  requestTests({ postseal, testing, test, options });
}

function schemeTests({ postseal, testing, test, name, options }) {
  const { scheme, secret, encryptionKey } = options;
  const encryptionKeys = encryptionKey === undefined ? {} : { encryptionKeys: encryptionKey };
  // The widest window: what is old is so for every receiver.
  const receiver = new postseal.Receiver({
    scheme,
    secrets: secret,
    ...encryptionKeys,
    toleranceSeconds: 86_400,
  });
  const open = ({ headers, body }) => receiver.open(headers, body, { now: NOW });
  test(`testing: ${name}`, () => {
    const delivery = open(testing.testDelivery(options));
    same([delivery.text(), delivery.encrypted], [PAYLOAD, encryptionKey !== undefined]);
    same(delivery.timestamp === null, WITHOUT_TIMESTAMP.includes(scheme), "no timestamp");
  });
  for (const [tamper, code] of Object.entries(TAMPERED)) {
    test(`testing: ${name}, tamper ${tamper}`, () => {
      const seal = () => testing.testDelivery({ ...options, tamper });
      if (tamper === "old" && WITHOUT_TIMESTAMP.includes(scheme)) {
        throwsCode(postseal, "invalid_config", seal);
      } else {
        throwsCode(postseal, code, () => open(seal()));
      }
    });
  }
  test(`testing: ${name}, an empty payload with tamper body`, () => {
    const empty = { ...options, message: { id: "evt_1", payload: "" } };
    same(open(testing.testDelivery(empty)).text(), "");
    const other = testing.testDelivery({ ...empty, tamper: "body" });
    throwsCode(postseal, "signature_mismatch", () => open(other));
  });
}

function optionTests({ postseal, testing, test, options }) {
  const receiver = new postseal.Receiver({ secrets: SECRET });
  test("testing: without `now` it is the host's", () => {
    const { headers, body } = testing.testDelivery(options);
    same(receiver.open(headers, body).id, "evt_1");
    const old = testing.testDelivery({ ...options, tamper: "old" });
    throwsCode(postseal, "timestamp_too_old", () => receiver.open(old.headers, old.body));
  });
  test("testing: `now` may be a Date", () => {
    const given = { ...options, now: new Date(NOW * 1000) };
    const fresh = testing.testDelivery(given);
    same(fresh, testing.testDelivery({ ...options, now: NOW }));
    const old = testing.testDelivery({ ...given, tamper: "old" });
    same(old.headers["webhook-timestamp"], String(NOW - 86_401));
  });
  test("testing: an audience, and another envelope", () => {
    const audience = "https://example.org/hooks";
    const addressed = testing.testDelivery({ ...options, encryptionKey: KEY, audience });
    const keys = { secrets: SECRET, encryptionKeys: KEY };
    const strict = new postseal.Receiver({ ...keys, audience });
    same(strict.open(addressed.headers, addressed.body).text(), PAYLOAD);
    const other = testing.testDelivery({ ...options, encryptionKey: KEY, envelope: "json" });
    const json = new postseal.Receiver({ ...keys, envelope: "json" });
    same(json.open(other.headers, other.body).text(), PAYLOAD);
  });
  test("testing: a secret with its encoding", () => {
    const secret = { secret: "plain text of sixteen", encoding: "text" };
    const { headers, body } = testing.testDelivery({ ...options, secret });
    same(new postseal.Receiver({ secrets: secret }).open(headers, body).id, "evt_1");
  });
  const refused = {
    "no options": ["invalid_config", undefined],
    "an unknown option": ["invalid_config", { ...options, secrets: SECRET }],
    "an unknown tampering": ["invalid_config", { ...options, tamper: "nonce" }],
    "an unknown scheme": ["invalid_config", { ...options, scheme: "other" }],
    "no secret": ["invalid_secret", { message: MESSAGE }],
    "a key that is not set": ["invalid_key", { ...options, encryptionKey: undefined }],
    "an audience that is not set": ["invalid_config", { ...options, audience: undefined }],
    "an audience without a key": ["invalid_config", { ...options, audience: "here" }],
    "no message": ["invalid_config", { secret: SECRET }],
    "a time in milliseconds": ["invalid_config", { ...options, now: NOW * 1000, tamper: "old" }],
  };
  for (const [name, [code, given]] of Object.entries(refused)) {
    test(`testing: ${name} is refused`, () => {
      throwsCode(postseal, code, () => testing.testDelivery(given));
    });
  }
}

function requestTests({ postseal, testing, test, options }) {
  const url = "https://example.org/hooks";
  test("testing: a request", async () => {
    const request = testing.testRequest(url, { ...options, message: { id: "evt_1", json: 1 } });
    same([request.method, request.url], ["POST", url]);
    same(request.headers.get("content-type"), "application/json");
    const receiver = new postseal.Receiver({ secrets: SECRET });
    same((await receiver.openRequest(request)).json(), 1);
  });
  test("testing: an address may be a URL", () => {
    same(testing.testRequest(new URL(url), options).url, url);
  });
  test("testing: an address that no request can have", () => {
    for (const wrong of ["", "http://", "https://user:secret@example.org/"]) {
      const error = throwsCode(postseal, "invalid_config", () =>
        testing.testRequest(wrong, options),
      );
      ok(error.cause === undefined && !error.message.includes("secret"), "no address");
    }
  });
}
