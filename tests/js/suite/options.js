// The mistakes that people make in options, and how they read.
import { KEY, NOW, OLD_SECRET, PAYLOAD, plain, SECRET } from "./known.js";
import { ok, same, throwsCode } from "./harness.js";

export function optionTests({ postseal, test }) {
  const { headers } = plain(postseal);
  const receiver = new postseal.Receiver({ secrets: SECRET });
  const refuses = (name, code, call, hint = "") =>
    test(`options: ${name}`, () => {
      const { message } = throwsCode(postseal, code, call);
      ok(message.includes(hint), `"${message}" says ${hint}`);
      ok(!message.includes(SECRET.slice(6)), "no secret in the message");
    });
  const from = { postseal, receiver, headers, refuses, test };
  refusedKeys(from);
  refusedOptions(from);
  refusedContexts(from);
  clockTests(from);
  keyTests(from);
}

function refusedKeys({ postseal, refuses, test }) {
  const { Receiver, Sender } = postseal;
  refuses(
    "a variable that is not set",
    "invalid_secret",
    () => new Receiver({ secrets: undefined }),
    "variable",
  );
  refuses(
    "a first secret that is not set",
    "invalid_secret",
    () => new Receiver({ secrets: [undefined, SECRET] }),
  );
  test("options: an encryption key that is not set does not pass for none", () => {
    for (const encryptionKeys of [undefined, null, [undefined]]) {
      throwsCode(postseal, "invalid_key", () => new Receiver({ secrets: SECRET, encryptionKeys }));
    }
  });
  refuses("an empty secret", "invalid_secret", () => new Receiver({ secrets: "" }));
  refuses("no secrets in a sender", "invalid_secret", () => new Sender({}));
  refuses("an empty list", "invalid_config", () => new Receiver({ secrets: [] }));
  refuses(
    "a number for a secret",
    "invalid_secret",
    () => new Receiver({ secrets: 12345678 }),
    "string",
  );
  refuses(
    "bytes for a secret",
    "invalid_secret",
    () => new Receiver({ secrets: new Uint8Array(32) }),
    "string",
  );
  refuses(
    "an object without a secret",
    "invalid_secret",
    () => new Receiver({ secrets: { id: "a" } }),
  );
  refuses(
    "bytes for an encryption key",
    "invalid_key",
    () => new Receiver({ secrets: SECRET, encryptionKeys: [new Uint8Array(32)] }),
  );
  refuses(
    "an unknown member of a secret",
    "invalid_config",
    () => new Receiver({ secrets: { secret: SECRET, until: 1 } }),
    "until",
  );
}

function refusedOptions({ postseal: { Receiver, Sender }, refuses }) {
  refuses(
    "an unknown option",
    "invalid_config",
    () => new Receiver({ secret: SECRET }),
    "`secret`",
  );
  refuses(
    "an option of the other class",
    "invalid_config",
    () => new Sender({ secrets: SECRET, toleranceSeconds: 5 }),
    "toleranceSeconds",
  );
  refuses(
    "an unknown scheme",
    "invalid_config",
    () => new Receiver({ scheme: "paddle", secrets: SECRET }),
    "scheme",
  );
  refuses(
    "a number as text",
    "invalid_config",
    () => new Receiver({ secrets: SECRET, toleranceSeconds: "300" }),
    "toleranceSeconds",
  );
  refuses(
    "a fraction",
    "invalid_config",
    () => new Receiver({ secrets: SECRET, toleranceSeconds: 1.5 }),
    "toleranceSeconds",
  );
  refuses(
    "an infinite limit",
    "invalid_config",
    () => new Receiver({ secrets: SECRET, maxBodyBytes: Infinity }),
    "maxBodyBytes",
  );
  const wrong = { audience: null, toleranceSeconds: null, scheme: 7 };
  for (const [name, value] of Object.entries(wrong)) {
    refuses(
      `${name} = ${value}`,
      "invalid_config",
      () => new Receiver({ secrets: SECRET, [name]: value }),
      name,
    );
  }
  refuses("no options", "invalid_config", () => new Receiver());
  refuses("a secret in place of the options", "invalid_config", () => new Receiver(SECRET));
  refuses(
    "an invalid Date",
    "invalid_config",
    () => new Receiver({ secrets: { secret: SECRET, notAfter: new Date("x") } }),
    "notAfter",
  );
}

function refusedContexts({ receiver, headers, refuses }) {
  for (const now of [
    Number.NaN,
    Infinity,
    -Infinity,
    "1700000000",
    null,
    new Date("x"),
    NOW * 1000,
    0,
    {},
  ]) {
    refuses(`now = ${String(now)}`, "invalid_config", () =>
      receiver.open(headers, PAYLOAD, { now }),
    );
  }
  refuses("a number in place of the context", "invalid_config", () =>
    receiver.open(headers, PAYLOAD, NOW),
  );
  refuses(
    "an unknown member of the context",
    "invalid_config",
    () => receiver.open(headers, PAYLOAD, { clock: NOW }),
    "clock",
  );
  refuses("a call's secret that is not set", "invalid_secret", () =>
    receiver.open(headers, PAYLOAD, { now: NOW, keys: { secrets: undefined } }),
  );
  refuses(
    "an unknown member of a call's keys",
    "invalid_config",
    () => receiver.open(headers, PAYLOAD, { now: NOW, keys: { secret: "" } }),
    "`secret`",
  );
}

function clockTests({ postseal, receiver, headers, test }) {
  test("options: now as a Date, and with a fraction", () => {
    same(receiver.open(headers, PAYLOAD, { now: new Date(NOW * 1000 + 999) }).timestamp, NOW);
    same(receiver.open(headers, PAYLOAD, { now: NOW + 300.9 }).timestamp, NOW);
    throwsCode(postseal, "timestamp_too_old", () =>
      receiver.open(headers, PAYLOAD, { now: NOW + 301 }),
    );
  });
  test("options: without now, the host's clock counts", () => {
    throwsCode(postseal, "timestamp_too_old", () => receiver.open(headers, PAYLOAD));
    const fresh = new postseal.Sender({ secrets: SECRET }).seal({ id: "evt_1", payload: PAYLOAD });
    same(receiver.open(fresh.headers, fresh.body).id, "evt_1");
  });
}

function keyTests({ postseal, headers, test }) {
  const { Receiver } = postseal;
  test("options: later secrets may be unset, and Dates bound a secret", () => {
    const old = {
      id: "old",
      secret: OLD_SECRET,
      notBefore: undefined,
      notAfter: new Date((NOW + 1) * 1000),
    };
    const rotating = new Receiver({ secrets: [SECRET, undefined, old], publicKeys: [PUBLIC] });
    const sealed = plain(postseal, { secrets: OLD_SECRET });
    same(rotating.open(sealed.headers, sealed.body, { now: NOW }).secretId, "old");
    throwsCode(postseal, "signature_mismatch", () =>
      rotating.open(sealed.headers, sealed.body, { now: NOW + 1 }),
    );
  });
  test("options: a receiver without keys takes each call's", () => {
    const tenants = new Receiver({});
    throwsCode(postseal, "no_live_secret", () => tenants.open(headers, PAYLOAD, { now: NOW }));
    same(
      tenants.open(headers, PAYLOAD, { now: NOW, keys: { secrets: SECRET } }).secretId,
      "secret-1",
    );
    const { headers: sealed, body } = plain(postseal, { encryptionKeys: KEY });
    const keys = { secrets: SECRET, encryptionKeys: KEY };
    same(tenants.open(sealed, body, { now: NOW, keys }).text(), PAYLOAD);
  });
  test("options: generated secrets and keys work, and differ", () => {
    const [secrets, encryptionKeys] = [postseal.generateSecret(), postseal.generateEncryptionKey()];
    ok(secrets.startsWith("whsec_") && encryptionKeys.startsWith("whenc_"), "prefixes");
    ok(secrets !== postseal.generateSecret(), "another secret");
    const { headers: sealed, body } = plain(postseal, { secrets, encryptionKeys });
    same(
      new Receiver({ secrets, encryptionKeys }).open(sealed, body, { now: NOW }).text(),
      PAYLOAD,
    );
  });
}

const PUBLIC = `whpk_${btoa(String.fromCharCode(...bytesOfPublicKey()))}`;

/** RFC 8032, section 7.1, test 1. */
function bytesOfPublicKey() {
  const hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  return hex.match(/../g).map((byte) => Number.parseInt(byte, 16));
}
