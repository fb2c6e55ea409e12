// `openRequest`: the body is bounded while it is read.
import { bytes, encrypted, KEY, NOW, PAYLOAD, plain, SECRET } from "./known.js";
import { ok, same, rejectsCode } from "./harness.js";

export function requestTests({ postseal, test }) {
  const small = new postseal.Receiver({ secrets: SECRET, maxBodyBytes: PAYLOAD.length });
  const { headers } = plain(postseal);
  const from = { postseal, small, headers, test };
  openedRequests(from);
  boundTests(from);
  refusedRequests(from);
}

function openedRequests({ postseal, small, headers, test }) {
  test("request: a plain and an encrypted one", async () => {
    same((await small.openRequest(request(headers, PAYLOAD), { now: NOW })).text(), PAYLOAD);
    const sealed = encrypted(postseal);
    const receiver = new postseal.Receiver({ secrets: SECRET, encryptionKeys: KEY });
    same(
      (await receiver.openRequest(request(sealed.headers, sealed.body), { now: NOW })).text(),
      PAYLOAD,
    );
  });
  test("request: a body in many chunks", async () => {
    const source = chunks(PAYLOAD.length, (at) => bytes(PAYLOAD[at]));
    same((await small.openRequest(request(headers, source.body), { now: NOW })).text(), PAYLOAD);
  });
  test("request: each chunk is copied before the next is asked for", async () => {
    const reused = new Uint8Array(1);
    const source = chunks(PAYLOAD.length, (at) => {
      reused.set(bytes(PAYLOAD[at]));
      return reused;
    });
    same((await small.openRequest(request(headers, source.body), { now: NOW })).text(), PAYLOAD);
  });
  test("request: a long body in chunks of every length", async () => {
    const payload = "0123456789".repeat(10_000);
    const sealed = new postseal.Sender({ secrets: SECRET }).seal(
      { id: "evt_1", payload },
      { now: NOW },
    );
    const part = (at) => bytes(payload.slice((at * (at - 1)) / 2, (at * (at + 1)) / 2));
    const source = chunks(448, part);
    const receiver = new postseal.Receiver({ secrets: SECRET, maxBodyBytes: payload.length });
    const delivery = await receiver.openRequest(request(sealed.headers, source.body), { now: NOW });
    ok(delivery.text() === payload, "the payload");
    same(delivery.payload.buffer.byteLength, payload.length, "bytes behind the payload");
  });
  test("request: no body is an empty body", async () => {
    const sealed = new postseal.Sender({ secrets: SECRET }).seal(
      { id: "evt_1", payload: "" },
      { now: NOW },
    );
    same(
      (await small.openRequest(request(sealed.headers, undefined), { now: NOW })).payload.length,
      0,
    );
  });
}

function boundTests({ postseal, small, headers, test }) {
  if (mayDeclareLength()) {
    test("request: a declared length over the limit is refused unread", async () => {
      const source = chunks(3, () => bytes("x"));
      const length = String(PAYLOAD.length + 1);
      const declared = request({ ...headers, "content-length": length }, source.body);
      await rejectsCode(postseal, "body_too_large", small.openRequest(declared, { now: NOW }));
      await settled();
      ok(source.cancelled && source.pulled <= 1, `cancelled, and ${source.pulled} chunks pulled`);
    });
  }
  test("request: a body that never ends is refused at the limit", async () => {
    const source = chunks(Infinity, () => bytes("0123456789"));
    await rejectsCode(
      postseal,
      "body_too_large",
      small.openRequest(request(headers, source.body), { now: NOW }),
    );
    await settled();
    ok(source.cancelled && source.pulled < 9, `cancelled, and ${source.pulled} chunks pulled`);
  });
  test("request: a declared length that lies is bounded all the same", async () => {
    const source = chunks(Infinity, () => bytes("0123456789"));
    const lying = request({ ...headers, "content-length": "1" }, source.body);
    await rejectsCode(postseal, "body_too_large", small.openRequest(lying, { now: NOW }));
  });
}

function refusedRequests({ postseal, small, headers, test }) {
  test("request: what is no fetch Request", async () => {
    for (const given of [undefined, {}, { headers, body: PAYLOAD }, { headers, body: { a: 1 } }]) {
      await rejectsCode(postseal, "invalid_config", small.openRequest(given, { now: NOW }));
    }
  });
  test("request: a body that another holds", async () => {
    const held = request(headers, PAYLOAD);
    held.body.getReader();
    await rejectsCode(postseal, "body_not_bytes", small.openRequest(held, { now: NOW }));
  });
  test("request: a body that was read before", async () => {
    const used = request(headers, PAYLOAD);
    await used.text();
    const error = await rejectsCode(
      postseal,
      "body_not_bytes",
      small.openRequest(used, { now: NOW }),
    );
    ok(error.message.includes("clone"), error.message);
  });
}

/** Whether a request of this runtime keeps a length that the test declares. */
function mayDeclareLength() {
  return request({ "content-length": "1" }, "x").headers.has("content-length");
}

function request(headers, body) {
  const init = { method: "POST", headers, body, duplex: "half" };
  return new Request("https://example.org/hooks", init);
}

/** A stream of `count` chunks, which counts what is pulled from it. */
function chunks(count, chunk) {
  const source = { pulled: 0, cancelled: false };
  source.body = new ReadableStream(
    {
      pull(controller) {
        if (source.pulled === count) return controller.close();
        controller.enqueue(chunk(source.pulled));
        source.pulled += 1;
      },
      cancel() {
        source.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return source;
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
