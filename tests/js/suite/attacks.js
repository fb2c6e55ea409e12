// What careless callers and hostile peers hand over: a WebhookError for each, and for nobody else.
import { KEY, NOW, PAYLOAD, plain, SECRET } from "./known.js";
import { ok, same, throwsCode } from "./harness.js";

export function attackTests({ postseal, stores, test }) {
  const context = { postseal, test, at: { now: NOW }, sealed: plain(postseal) };
  memoryThatIsGone(context);
  optionsThatSeemEmpty(context);
  variablesThatAreNotSet(context);
  pollutedPrototypes(context);
  valuesThatAreNotRead(context);
  largeBodies(context);
  throwingGetters(context);
  test("attacks: a claim of a payload whose memory is gone", async () => {
    const receiver = new postseal.Receiver({ secrets: SECRET });
    const { headers, body } = context.sealed;
    const delivery = receiver.open(headers, body.slice(), context.at);
    structuredClone(delivery.payload, { transfer: [delivery.payload.buffer] });
    const code = await postseal
      .claim(stores.memoryStore(), delivery, { source: "orders" })
      .catch((error) => error.code);
    same(code, "body_not_bytes");
  });
}

function memoryThatIsGone({ postseal, test, at, sealed }) {
  test("attacks: a transferred body is refused, and harms no other receiver", () => {
    const { Receiver, Sender } = postseal;
    const receiver = new Receiver({ secrets: SECRET });
    for (const view of [
      (bytes) => bytes,
      (bytes) => bytes.buffer,
      (bytes) => new DataView(bytes.buffer),
    ]) {
      const bytes = sealed.body.slice();
      const body = view(bytes);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      throwsCode(postseal, "body_not_bytes", () => receiver.open(sealed.headers, body, at));
      throwsCode(postseal, "body_not_bytes", () =>
        new Sender({ secrets: SECRET }).seal({ id: "evt_1", payload: body }),
      );
      same(receiver.open(sealed.headers, sealed.body, at).id, "evt_1");
    }
  });
  test("attacks: what only calls itself a buffer is none", () => {
    const body = { [Symbol.toStringTag]: "ArrayBuffer", length: 2, 0: 1, 1: 2, byteLength: 2 };
    throwsCode(postseal, "body_not_bytes", () =>
      new postseal.Receiver({ secrets: SECRET }).open(sealed.headers, body, at),
    );
  });
}

/** Read as plain objects, these would be empty, and the receiver's own keys would count. */
function optionsThatSeemEmpty({ postseal, test, at, sealed }) {
  class Row {
    get secrets() {
      return SECRET;
    }
  }
  const empties = {
    Map: new Map([["secrets", SECRET]]),
    "a class": new Row(),
    "Object.create": Object.create({ secrets: SECRET }),
  };
  for (const [name, options] of Object.entries(empties)) {
    test(`attacks: options in ${name} are refused`, () => {
      throwsCode(postseal, "invalid_config", () => new postseal.Receiver(options));
      const receiver = new postseal.Receiver({ secrets: SECRET });
      throwsCode(postseal, "invalid_config", () =>
        receiver.open(sealed.headers, sealed.body, { ...at, keys: options }),
      );
    });
  }
  test("attacks: options without a prototype, and a list with a hole, are taken", () => {
    const options = Object.assign(Object.create(null), { secrets: SECRET });
    same(new postseal.Receiver(options).open(sealed.headers, sealed.body, at).id, "evt_1");
    // eslint-disable-next-line no-sparse-arrays
    const holed = new postseal.Receiver({ secrets: [SECRET, , SECRET] });
    same(holed.open(sealed.headers, sealed.body, at).matchedSecretIds, ["secret-1", "secret-3"]);
  });
}

function variablesThatAreNotSet({ postseal, test, at, sealed }) {
  const { Receiver } = postseal;
  test("attacks: what would fail open must not be undefined", () => {
    const encrypted = { secrets: SECRET, encryptionKeys: KEY };
    for (const options of [
      { ...encrypted, audience: undefined },
      { ...encrypted, encryption: undefined },
      { secrets: { secret: SECRET, notAfter: undefined } },
    ]) {
      throwsCode(postseal, "invalid_config", () => new Receiver(options));
    }
    const receiver = new Receiver({ secrets: SECRET });
    throwsCode(postseal, "invalid_config", () =>
      receiver.open(sealed.headers, sealed.body, { ...at, keys: undefined }),
    );
    same(receiver.open(sealed.headers, PAYLOAD, { ...at }).id, "evt_1");
  });
}

function pollutedPrototypes({ postseal, test, at, sealed }) {
  const evil = { secrets: { encoding: "text", secret: "known to the attacker" } };
  const forged = plain(postseal, evil);
  const polluted = (name, value, run) => {
    Object.defineProperty(Object.prototype, name, { value, configurable: true });
    try {
      run();
    } finally {
      delete Object.prototype[name];
    }
  };
  test("attacks: a polluted prototype gives no option", () => {
    const { Receiver } = postseal;
    const receiver = new Receiver({ secrets: SECRET });
    polluted("keys", evil, () => {
      throwsCode(postseal, "signature_mismatch", () =>
        receiver.open(forged.headers, forged.body, at),
      );
    });
    polluted("secrets", [evil.secrets], () => {
      throwsCode(postseal, "no_live_secret", () =>
        new Receiver({}).open(forged.headers, forged.body, at),
      );
    });
    polluted("encryption", "optional", () => {
      const encrypting = new Receiver({ secrets: SECRET, encryptionKeys: KEY });
      throwsCode(postseal, "not_encrypted", () => encrypting.open(sealed.headers, sealed.body, at));
    });
  });
}

function valuesThatAreNotRead({ postseal, test, at, sealed }) {
  test("attacks: deep and cyclic values are refused unread", () => {
    const { Receiver } = postseal;
    const receiver = new Receiver({ secrets: SECRET });
    const deep = JSON.parse("[".repeat(20_000) + "]".repeat(20_000));
    const cyclic = {};
    cyclic.secret = cyclic;
    for (const secrets of [deep, [deep], cyclic, [cyclic]]) {
      throwsCode(postseal, "invalid_secret", () =>
        receiver.open(sealed.headers, sealed.body, { ...at, keys: { secrets } }),
      );
    }
    throwsCode(postseal, "invalid_config", () => new Receiver({ secrets: SECRET, audience: deep }));
    same(receiver.open(sealed.headers, sealed.body, at).id, "evt_1");
  });
  test("attacks: a secret in a name's place is not quoted", () => {
    for (const options of [{ [SECRET]: true }, { secrets: { [SECRET]: true } }]) {
      try {
        new postseal.Receiver(options);
        ok(false, "refused");
      } catch (error) {
        ok(
          postseal.WebhookError.is(error) && !error.message.includes(SECRET.slice(6)),
          "no secret",
        );
      }
    }
  });
}

function largeBodies({ postseal, test, at, sealed }) {
  test("attacks: of a body over the limit, one byte too many is looked at", () => {
    const receiver = new postseal.Receiver({ secrets: SECRET, maxBodyBytes: 64 });
    const huge = new Uint8Array(64 << 20);
    for (let times = 0; times < 20; times += 1) {
      throwsCode(postseal, "body_too_large", () => receiver.open(sealed.headers, huge, at));
    }
    const sender = new postseal.Sender({ secrets: SECRET, maxBodyBytes: 64 });
    throwsCode(postseal, "body_too_large", () => sender.seal({ id: "evt_1", payload: huge }));
    same(receiver.open(sealed.headers, sealed.body, at).id, "evt_1");
  });
}

function throwingGetters({ postseal, test, at, sealed }) {
  test("attacks: headers that throw are refused", () => {
    const receiver = new postseal.Receiver({ secrets: SECRET });
    const thrower = () => {
      throw new TypeError("no");
    };
    const hostile = [
      { get: thrower },
      { [Symbol.iterator]: thrower },
      Object.defineProperty({}, "webhook-id", { get: thrower, enumerable: true }),
    ];
    for (const headers of hostile) {
      throwsCode(postseal, "invalid_config", () => receiver.open(headers, sealed.body, at));
    }
  });
  test("attacks: a peer's header named `headers` is a header", () => {
    const receiver = new postseal.Receiver({ secrets: SECRET });
    const headers = Object.fromEntries(
      Object.entries(sealed.headers).map(([name, value]) => [name, [value]]),
    );
    same(receiver.open({ ...headers, headers: ["x"] }, sealed.body, at).id, "evt_1");
  });
}
