// What may stand for a body, and what may not.
import { bytes, encrypted, KEY, NOW, PAYLOAD, plain, SECRET } from "./known.js";
import { ok, same, throwsCode } from "./harness.js";

export function bodyTests(from) {
  acceptedBodies(from);
  refusedBodies(from);
  payloadTests(from);
}

function acceptedBodies({ postseal, test }) {
  const receiver = new postseal.Receiver({ secrets: SECRET });
  const open = opening(postseal);
  const padded = bytes(`??${PAYLOAD}??`);
  const inside = padded.subarray(2, padded.length - 2);

  const accepted = {
    "a Uint8Array": () => bytes(PAYLOAD),
    "a view with an offset": () => inside,
    "a DataView with an offset": () => new DataView(padded.buffer, 2, inside.length),
    "an ArrayBuffer": () => bytes(PAYLOAD).buffer,
    "a string": () => PAYLOAD,
  };
  for (const [name, body] of Object.entries(accepted)) {
    test(`body: ${name} is opened`, () => same(open(body()).payload, bytes(PAYLOAD)));
  }
  if (typeof Buffer !== "undefined") {
    test("body: a Node Buffer is opened, and the payload is a plain Uint8Array", () => {
      const { payload } = open(Buffer.from(PAYLOAD));
      same(payload, bytes(PAYLOAD));
      ok(payload instanceof Uint8Array && !Buffer.isBuffer(payload), "a Uint8Array");
    });
  }
  test("body: a string beyond ASCII is its UTF-8", () => {
    const payload = '{"name":"Zoë 🦭"}';
    const sealed = new postseal.Sender({ secrets: SECRET }).seal(
      { id: "evt_1", payload },
      { now: NOW },
    );
    same(receiver.open(sealed.headers, payload, { now: NOW }).json(), { name: "Zoë 🦭" });
  });
  test("body: an empty body is bytes", () => {
    const sealed = new postseal.Sender({ secrets: SECRET }).seal(
      { id: "evt_1", payload: "" },
      { now: NOW },
    );
    same(receiver.open(sealed.headers, "", { now: NOW }).payload.length, 0);
  });
}

function refusedBodies({ postseal, test }) {
  const open = opening(postseal);
  const refused = {
    "a parsed object": [JSON.parse(PAYLOAD), "express.raw"],
    "an array": [[1, 2], "express.raw"],
    undefined: [undefined, "missing"],
    null: [null, "missing"],
    "a number": [5, "number"],
    "a lone surrogate": ["\uD83E", "surrogate"],
    "a Blob": [new Blob([PAYLOAD]), "request.arrayBuffer"],
  };
  for (const [name, [body, hint]] of Object.entries(refused)) {
    test(`body: ${name} is refused with the remedy`, () => {
      const { message } = throwsCode(postseal, "body_not_bytes", () => open(body));
      ok(
        message.includes(hint) && !message.includes("4242"),
        `${message} names ${hint}, not the payload`,
      );
    });
  }
  if (typeof SharedArrayBuffer !== "undefined") {
    test("body: shared memory is refused, also behind a view", () => {
      const shared = new SharedArrayBuffer(8);
      throwsCode(postseal, "body_not_bytes", () => open(shared));
      throwsCode(postseal, "body_not_bytes", () => open(new Uint8Array(shared)));
    });
  }
}

function payloadTests({ postseal, test }) {
  test("body: plain bytes are handed on without a copy", () => {
    const body = bytes(PAYLOAD);
    ok(opening(postseal)(body).payload.buffer === body.buffer, "the same memory");
  });
  test("body: a decrypted payload is its own memory", () => {
    const sealed = encrypted(postseal);
    const both = new postseal.Receiver({ secrets: SECRET, encryptionKeys: KEY });
    const [one, two] = [0, 1].map(
      () => both.open(sealed.headers, sealed.body, { now: NOW }).payload,
    );
    same(one, bytes(PAYLOAD));
    ok(one.buffer !== two.buffer && one.buffer.byteLength === PAYLOAD.length, "memory of its own");
  });
}

/** Opens a body under the headers of the plain message. */
function opening(postseal) {
  const receiver = new postseal.Receiver({ secrets: SECRET });
  const { headers } = plain(postseal);
  return (body) => receiver.open(headers, body, { now: NOW });
}
