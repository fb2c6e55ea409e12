// What is peculiar to Node: connections, half requests, HTTP/2, what other code has done to a
// request or a response before, and the copies of the package.
import { createServer } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import * as postseal from "postseal";
import { fastifyHandler } from "postseal/fastify";
import { honoHandler } from "postseal/hono";
import { lambdaHandler } from "postseal/lambda";
import { nodeHandler } from "postseal/node";
import * as slim from "postseal/slim";
import { ok, same, Suite, throwsCode } from "../suite/harness.js";
import { replaced } from "../suite/host.js";
import { SECRET } from "../suite/known.js";
import { onTheWire, open, post, until } from "./client.mjs";
import { LIMIT, PAYLOAD, receiver, REFUSED, seal } from "./known.mjs";

const suite = new Suite();
const { test } = suite;
const require = createRequire(import.meta.url);

/** A handler that counts, in a server of its own; `breaks` does so to each response before. */
async function serving(options, use, breaks = undefined) {
  const seen = { ids: [], refused: [], errors: [], handled: 0 };
  const handle = nodeHandler(receiver, {
    onRefused: ({ code }) => void seen.refused.push(code),
    onError: (error) => void seen.errors.push(error),
    ...options,
    onDelivery: (delivery, ...args) => {
      seen.ids.push(delivery.id);
      return options.onDelivery?.(delivery, ...args);
    },
  });
  const server = createServer(async (request, response) => {
    breaks?.(response);
    await handle(request, response);
    seen.handled += 1;
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  try {
    await use({ url, seen, server });
    // Whatever has happened, the next one passes.
    if (breaks) return;
    seen.ids.length = 0;
    same([(await post(url, seal("after"))).status, seen.ids[0]], [204, "after"]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const answersIn = (text) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);

connections();
cutOff();
halfRequests();
startedAnswers();
otherRequests();
copies();

function connections() {
  test("node: pipelined requests are answered in order", () =>
    serving({}, async ({ url, seen }) => {
      const peer = await open(url);
      const good = [1, 2, 3].map((at) => seal(`evt_${at}`));
      const bad = { ...seal(), body: "changed" };
      const sent = [good[0], bad, good[1], bad, good[2]];
      peer.socket.write(Buffer.concat(sent.map(({ headers, body }) => onTheWire(headers, body))));
      await until(() => answersIn(peer.received).length === 5, "five answers");
      same(answersIn(peer.received), ["204", "401", "204", "401", "204"]);
      same(seen.ids, ["evt_1", "evt_2", "evt_3"]);
      peer.socket.destroy();
    }));
  test("node: a small body that nobody reads costs no connection", () => {
    let turn = 0;
    const limit = async () => ({ success: (turn += 1) > 1 });
    return serving({ limit }, async ({ url }) => {
      const peer = await open(url);
      const { headers, body } = seal();
      const bytes = onTheWire(headers, body);
      const head = bytes.length - body.length;
      peer.socket.write(bytes.subarray(0, head));
      await until(() => peer.received.includes(REFUSED), "the refusal");
      peer.socket.write(bytes.subarray(head));
      peer.socket.write(bytes);
      await until(() => answersIn(peer.received).length === 2, "the second answer");
      same(answersIn(peer.received), ["429", "204"]);
      peer.socket.destroy();
    });
  });
  test("node: a body over the limit that ends is read away, and the connection lives", () =>
    serving({}, async ({ url }) => {
      const peer = await open(url);
      const { headers, body } = seal();
      peer.socket.write(onTheWire(headers, "x".repeat(LIMIT + 1)));
      peer.socket.write(onTheWire(headers, body));
      await until(() => answersIn(peer.received).length === 2, "two answers");
      same(answersIn(peer.received), ["413", "204"]);
      peer.socket.destroy();
    }));
  test("node: `Expect: 100-continue`", () =>
    serving({}, async ({ url }) => {
      const peer = await open(url);
      const { headers, body } = seal();
      const lines = [`content-length: ${body.length}`, "expect: 100-continue"];
      peer.socket.write(onTheWire(headers, "", lines));
      await until(() => peer.received.includes("100 Continue"), "100");
      peer.socket.write(body);
      await until(() => peer.received.includes("204"), "204");
      peer.socket.destroy();
    }));
  test("node: a signature header of each secret, on lines of their own", () =>
    serving({}, async ({ url }) => {
      const other = new postseal.Sender({ secrets: postseal.generateSecret() });
      const { headers, body } = seal();
      const foreign = other.seal({ id: "evt_1", payload: body }).headers["webhook-signature"];
      const pairs = [["webhook-signature", foreign], ...Object.entries(headers)];
      same((await post(url, { headers: pairs, body })).status, 204);
    }));
}

function cutOff() {
  const length = [`content-length: ${1e12}`];
  const chunked = ["transfer-encoding: chunked"];
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  for (const [name, lines, part] of [
    ["a declared length over the limit", length, "x".repeat(0x10000)],
    ["a body in chunks over the limit", chunked, chunk],
  ]) {
    test(`node: ${name} is answered whole, and then cut off`, () =>
      serving({}, async ({ url, seen }) => {
        const peer = await open(url);
        peer.socket.write(onTheWire(seal().headers, "", lines));
        let sent = 0;
        if (lines === length) {
          // Unread: the answer comes before a byte of the body.
          await until(() => peer.received.includes(REFUSED), "the answer");
        }
        while (!peer.closed && sent < 1e9) {
          if (!peer.socket.write(part)) await Promise.race([drained(peer.socket), peer.ended]);
          sent += part.length;
        }
        ok(sent < 1e8, `${sent} bytes sent until it was cut off`);
        ok(peer.received.includes("HTTP/1.1 413") && peer.received.endsWith(REFUSED), "the answer");
        same([seen.ids.length, seen.refused], [0, ["body_too_large"]]);
      }));
  }
}

function drained(socket) {
  return new Promise((resolve) => socket.once("drain", resolve));
}

function halfRequests() {
  const { headers, body } = seal();
  const bytes = onTheWire(headers, body);
  const chunkedHead = onTheWire(headers, "", ["transfer-encoding: chunked"]);
  const halves = {
    "no byte of the body": bytes.subarray(0, bytes.length - body.length),
    "half of the body": bytes.subarray(0, bytes.length - 5),
    "half of a chunk": Buffer.concat([chunkedHead, Buffer.from("64\r\nhalf")]),
    "a chunk that is none": Buffer.concat([chunkedHead, Buffer.from("zz\r\n")]),
  };
  for (const [name, half] of Object.entries(halves)) {
    test(`node: a peer that goes after ${name} is nobody's error`, () =>
      serving({}, async ({ url, seen, server }) => {
        let arrived = 0;
        server.on("request", () => (arrived += 1));
        const peer = await open(url);
        peer.socket.write(half);
        await until(() => arrived === 1, "the request");
        peer.socket.destroy();
        await until(() => seen.handled === 1, "the handler's end");
        same([seen.ids.length, seen.refused.length, seen.errors.length], [0, 0, 0]);
      }));
  }
  test("node: a peer that goes while the limit is asked", () => {
    let answer;
    const limit = () => (answer === null ? { success: true } : new Promise((to) => (answer = to)));
    return serving({ limit }, async ({ url, seen }) => {
      const peer = await open(url);
      peer.socket.write(halves["half of the body"]);
      await until(() => answer !== undefined, "the limit");
      peer.socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 20));
      answer({ success: true });
      answer = null;
      await until(() => seen.handled === 1, "the handler's end");
      same([seen.ids.length, seen.refused.length, seen.errors.length], [0, 0, 0]);
    });
  });
  test("node: a peer that goes while the function works", () => {
    let finish;
    const working = () => new Promise((resolve) => (finish = resolve));
    const onDelivery = ({ id }) => (id === "after" ? undefined : working());
    return serving({ onDelivery }, async ({ url, seen }) => {
      const peer = await open(url);
      peer.socket.write(bytes);
      await until(() => finish !== undefined, "the function");
      peer.socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 20));
      finish();
      await until(() => seen.handled === 1, "the handler's end");
      same([seen.ids, seen.errors.length], [["evt_1"], 0]);
    });
  });
}

function startedAnswers() {
  test("node: an answer that the function gives itself is left as it is", () => {
    const onDelivery = ({ id }, _request, response) => {
      if (id !== "after") response.writeHead(201).end("own");
    };
    return serving({ onDelivery }, async ({ url }) => {
      const { status, text } = await post(url, seal());
      same([status, text], [201, "own"]);
    });
  });
  test("node: a response whose methods throw is cut off, and rejects nothing", () => {
    const broken = (response) => {
      response.end = () => {
        throw new Error("a middleware");
      };
    };
    const cut = async ({ url, seen }) => {
      const lost = await post(url, seal()).catch(({ code }) => code);
      same([lost, seen.handled], ["ECONNRESET", 1]);
    };
    return serving({}, cut, broken);
  });
  test("node: an own answer that was read before is 500", () => {
    const used = new Response("x");
    const onDelivery = ({ id }) => (id === "after" ? undefined : used);
    return serving({ onDelivery }, async ({ url, seen }) => {
      await used.text();
      const { status, text } = await post(url, seal());
      same([status, text, seen.errors.length], [500, REFUSED, 1]);
    });
  });
  test("node: an own answer's framing is the connection's, not the answer's", () => {
    const headers = { "content-length": "1000", "transfer-encoding": "chunked" };
    const onDelivery = ({ id }) => (id === "after" ? undefined : new Response("xyz", { headers }));
    return serving({ onDelivery }, async ({ url }) => {
      const answer = await post(url, seal());
      same([answer.text, answer.headers["content-length"]], ["xyz", "3"]);
    });
  });
  test("node: where there is no class Response, as in Jest's jsdom", () => {
    const restore = replaced(globalThis, "Response", undefined);
    return serving({}, async ({ url }) => {
      same((await post(url, seal())).status, 204);
      same((await post(url, { body: "x" })).status, 401);
    }).finally(restore);
  });
}

/** A request as other code makes one, and a response that keeps what it gets. */
async function made(request) {
  const seen = { errors: [], ids: [] };
  const handle = nodeHandler(receiver, {
    onDelivery: ({ id }) => void seen.ids.push(id),
    onError: ({ code, message }) => void seen.errors.push([code, message]),
  });
  const response = {
    headersSent: false,
    destroyed: false,
    setHeader() {},
    end: (body) => (seen.body = body),
  };
  await handle(request, response);
  return { ...seen, status: response.statusCode };
}

function otherRequests() {
  test("node: HTTP/2", async () => {
    const seen = [];
    const server = createHttp2Server(
      nodeHandler(receiver, { onDelivery: ({ id }) => void seen.push(id) }),
    );
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const session = connectHttp2(`http://127.0.0.1:${server.address().port}`);
    const sent = ({ headers, body }) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ":method": "POST", ...headers });
        stream.on("response", ({ ":status": status }) => resolve(status)).on("error", reject);
        stream.resume().end(body);
      });
    same(await sent(seal()), 204);
    same(await sent({ ...seal(), body: "changed" }), 401);
    same(await sent(seal("evt_2", "x".repeat(LIMIT + 1))), 413);
    same([await sent(seal("evt_3")), seen], [204, ["evt_1", "evt_3"]]);
    session.destroy();
    server.close();
  });
  const { headers, body } = seal();
  const given = {
    "`rawBody`": { headers, rawBody: Buffer.from(body), body: JSON.parse(PAYLOAD) },
    "`rawBody` as a text": { headers, rawBody: PAYLOAD },
    "a Buffer for the body": { headers, body: Buffer.from(body) },
    "a text for the body": { headers, rawHeaders: [], body: PAYLOAD },
  };
  for (const [name, request] of Object.entries(given)) {
    test(`node: an event that was made a request, with ${name}`, async () => {
      same(await made(request), { errors: [], ids: ["evt_1"], status: 204 });
    });
  }
  const throwing = Object.defineProperty({ headers }, "body", {
    get() {
      throw new SyntaxError(PAYLOAD);
    },
  });
  const parsed = { headers, body: JSON.parse(PAYLOAD) };
  for (const request of [throwing, parsed, { headers }, { headers, body: null }]) {
    test(`node: a request with nothing to verify, ${JSON.stringify(request)}`, async () => {
      const { status, ids, errors } = await made(request);
      same([status, ids, errors.length, errors[0][0]], [500, [], 1, "body_not_bytes"]);
      ok(!errors[0][1].includes("4242"), errors[0][1]);
    });
  }
}

function copies() {
  test("node: adapters of one copy with receivers of another", async () => {
    await slim.init(readFileSync(require.resolve("postseal/core.wasm")));
    const receivers = [postseal, require("postseal"), slim].map((copy) => [copy, copy.Receiver]);
    for (const { nodeHandler: adapter } of [{ nodeHandler }, require("postseal/node")]) {
      for (const [copy, Receiver] of receivers) {
        const refused = [];
        const handle = adapter(new Receiver({ secrets: SECRET }), {
          onDelivery() {},
          onRefused: (error) => void refused.push(error),
        });
        const response = { setHeader() {}, end() {} };
        await handle({ headers: {}, body: "x" }, response);
        ok(refused[0] instanceof copy.WebhookError, "an error of the receiver's copy");
        same(response.statusCode, 401);
      }
    }
  });
  const adapters = { nodeHandler, fastifyHandler, honoHandler, lambdaHandler };
  for (const [name, adapter] of Object.entries(adapters)) {
    test(`node: ${name} refuses mistakes at once`, () => {
      const onDelivery = () => {};
      for (const none of [undefined, null, {}, { onDelivery }, { secrets: SECRET }]) {
        throwsCode(postseal, "invalid_config", () => adapter(none, { onDelivery }));
      }
      for (const options of [undefined, {}, { onDelivery: 1 }, { onDelivery, retries: 1 }]) {
        throwsCode(postseal, "invalid_config", () => adapter(receiver, options));
      }
    });
  }
}

process.on("unhandledRejection", (error) => {
  console.error(error);
  process.exit(1);
});
const { passed, failed } = await suite.run();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
