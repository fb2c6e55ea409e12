// `sender.send` in Node: on the wire against a server on this machine, and in time on a clock of
// the test's own.
import { createServer, request as nodeRequest } from "node:http";
import { mock } from "node:test";
import { Receiver, Sender } from "postseal";
import { ok, same, Suite } from "./suite/harness.js";
import { replaced } from "./suite/host.js";
import { KEY, NOW, PAYLOAD, SECRET } from "./suite/known.js";

const suite = new Suite();
const { test } = suite;
const MESSAGE = { id: "evt_1", payload: PAYLOAD };
const sender = new Sender({ secrets: SECRET, encryptionKeys: KEY });
const receiver = new Receiver({ secrets: SECRET, encryptionKeys: KEY });

// On the wire: no jitter, so a retry follows at once, and a clock that each request moves on by ten
// seconds.

const status =
  (code, headers = {}) =>
  (_, response) =>
    response.writeHead(code, headers).end("answer");
const OK = status(204);

wire(
  "500, then taken",
  [status(500), status(503), OK],
  {},
  { outcome: "delivered", status: 204, attempts: 3 },
);
wire(
  "301 is not followed",
  [status(301, { location: "/elsewhere" }), OK],
  {},
  { outcome: "delivered", status: 204, attempts: 2 },
);
wire(
  "307 is not followed",
  [status(307, { location: "/elsewhere" })],
  { maxAttempts: 2 },
  { outcome: "exhausted", status: 307, attempts: 2 },
);
wire("410 ends", [status(500), status(410)], {}, { outcome: "gone", status: 410, attempts: 2 });
wire("413 ends", [status(413)], {}, { outcome: "refused", status: 413, attempts: 1 });
wire("404 is retried", [status(404), OK], {}, { outcome: "delivered", status: 204, attempts: 2 });
wire(
  "429 that asks for no patience",
  [status(429, { "retry-after": "0" }), OK],
  {},
  { outcome: "delivered", status: 204, attempts: 2 },
);
wire(
  "a server that hangs",
  [() => {}, OK],
  { timeoutMs: 100 },
  { outcome: "delivered", status: 204, attempts: 2 },
);
wire(
  "a server that only hangs",
  [() => {}],
  { timeoutMs: 50, maxAttempts: 2 },
  { outcome: "exhausted", status: null, attempts: 2 },
);
wire(
  "a connection that is cut off",
  [(request) => request.socket.destroy(), OK],
  {},
  { outcome: "delivered", status: 204, attempts: 2 },
);
wire(
  "an answer that is cut off half-way",
  [cutOff, OK],
  {},
  { outcome: "delivered", status: 200, attempts: 1 },
);
wire(
  "a body that never ends",
  [endless],
  { timeoutMs: 2000 },
  { outcome: "delivered", status: 200, attempts: 1 },
);
wire(
  "a failure whose body never ends",
  [(request, response) => endless(request, response, 500), OK],
  {},
  { outcome: "delivered", status: 204, attempts: 2 },
);
wire(
  "a fetch whose body is a Node stream that never ends",
  [endless],
  { timeoutMs: 2000, fetch: nodeFetch },
  { outcome: "delivered", status: 200, attempts: 1 },
);
wire(
  "a fetch whose body is a Node stream that is cut off",
  [cutOff],
  { timeoutMs: 2000, fetch: nodeFetch },
  { outcome: "delivered", status: 200, attempts: 1 },
);

function wire(name, answers, options, expected) {
  test(`wire: ${name}`, async () => {
    const seen = [];
    const server = createServer((request, response) => receive(seen, answers, request, response));
    const url = await listening(server);
    const restore = [
      replaced(crypto, "getRandomValues", randomButNoJitter()),
      replaced(Date, "now", () => (NOW + seen.length * 10) * 1000),
    ];
    try {
      same(await sender.send(`${url}/hooks`, MESSAGE, options), expected);
      for (const { request } of seen) await hungUp(request);
    } finally {
      for (const undo of restore) undo();
      server.closeAllConnections();
      server.close();
    }
    same(seen.length, expected.attempts, "requests");
    same(
      seen.map(({ path }) => path),
      seen.map(() => "/hooks"),
      "paths",
    );
    everyAttemptIsSignedAnew(seen);
  });
}

/** A fetch over `node:http`, whose bodies have no `cancel`, as those of node-fetch. */
function nodeFetch(url, { method, headers, body, signal }) {
  return new Promise((resolve, reject) => {
    const posted = nodeRequest(url, { method, headers, signal }, (response) => {
      const { statusCode: status } = response;
      resolve({ status, headers: new Headers(response.headers), body: response });
    });
    posted.on("error", reject);
    posted.end(body);
  });
}

function receive(seen, answers, request, response) {
  const chunks = [];
  request.on("error", () => {});
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    seen.push({
      request,
      path: request.url,
      headers: request.headers,
      body: Buffer.concat(chunks),
    });
    answers[Math.min(seen.length, answers.length) - 1](request, response);
  });
}

function everyAttemptIsSignedAnew(seen) {
  const deliveries = seen.map(({ headers, body }, at) =>
    receiver.open(headers, body, { now: NOW + at * 10 }),
  );
  same(
    deliveries.map(({ timestamp }) => timestamp),
    seen.map((_, at) => NOW + at * 10),
    "timestamps",
  );
  same(new Set(seen.map(({ body }) => body.toString())).size, 1, "ciphertexts");
  same(new Set(deliveries.map((delivery) => delivery.text())).size, 1, "payloads");
}

function cutOff(request, response) {
  response.writeHead(200, { "content-length": "1000" });
  response.write("half", () => request.socket.destroy());
}

/** The answer's body goes on until the other side hangs up, and the request notes that it did. */
function endless(request, response, code = 200) {
  response.writeHead(code);
  const timer = setInterval(() => response.write("more "), 5);
  request.hungUp = new Promise((resolve) => response.on("close", resolve));
  request.hungUp.then(() => clearInterval(timer));
}

/** Unread bodies that never end must not hold their connections. */
function hungUp(request) {
  if (request.hungUp === undefined) return undefined;
  const late = (_, reject) => setTimeout(reject, 2000, new Error("the connection is still open"));
  return Promise.race([request.hungUp, new Promise(late)]);
}

function listening(server) {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
}

// In time: a fetch of the test's own, jitter at half of its ceiling, and timers that move when they
// are told to.

const inAMinute = new Date((NOW + 60) * 1000).toUTCString();
const lastYear = new Date((NOW - 31_536_000) * 1000).toUTCString();
time(
  "each delay is half of a ceiling that doubles",
  [500, 500, 500, 500, 204],
  {},
  [500, 1000, 2000, 4000],
);
time("Retry-After in seconds raises the delay", [[429, "30"], 204], {}, [30_000]);
time("Retry-After as a date", [[503, inAMinute], 204], {}, [60_000]);
time("Retry-After as a date that has passed", [[503, lastYear], 204], {}, [500]);
time("Retry-After below the delay", [500, 500, [429, "1"], 204], {}, [500, 1000, 2000]);
time(
  "an absurd Retry-After is capped at an hour",
  [[429, "99999999999999999999"], 204],
  { maxElapsedMs: 7_200_000 },
  [3_600_000],
);
for (const text of ["soon", "-1", "1.5", "1e3", "", "0x10", "Tuesday, 14-Nov-23 22:13:20 GMT"]) {
  time(`Retry-After ${JSON.stringify(text)} is ignored`, [[429, text], 204], {}, [500]);
}
time("a network that fails", [null, 204], {}, [500]);
time(
  "no more attempts than asked for",
  [500, 500, 500],
  { maxAttempts: 3 },
  [500, 1000],
  "exhausted",
);
time(
  "eight attempts where nothing is asked for",
  Array(8).fill(500),
  {},
  [500, 1000, 2000, 4000, 8000, 16_000, 32_000],
  "exhausted",
);
time(
  "no attempt that would begin after maxElapsedMs",
  [500, 500, 500],
  { maxElapsedMs: 3_400 },
  [500, 1000],
  "exhausted",
);
time("no attempt beyond an hour where nothing is asked for", [[429, "3600"]], {}, [], "exhausted");

function time(name, answers, options, delays, outcome = "delivered") {
  test(`time: ${name}`, async () => {
    const calls = [];
    const restore = replaced(crypto, "getRandomValues", randomButHalfJitter());
    mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOW * 1000 });
    try {
      const sending = sender.send("https://example.org/", MESSAGE, {
        ...options,
        fetch: answering(answers, calls),
      });
      for (const delay of delays) await exactly(delay, calls);
      const last = answers.at(-1);
      const code = Array.isArray(last) ? last[0] : last;
      same(await sending, { outcome, status: code, attempts: delays.length + 1 });
    } finally {
      mock.timers.reset();
      restore();
    }
    const waited = delays.map((_, at) =>
      delays.slice(0, at + 1).reduce((sum, delay) => sum + delay, 0),
    );
    same(
      calls.map(({ at }) => at),
      [0, ...waited],
      "attempts began",
    );
    for (const { at, init } of calls) {
      const now = NOW + Math.floor(at / 1000);
      same(receiver.open(init.headers, init.body, { now }).timestamp, now, "signed at");
    }
    same(
      new Set(calls.map(({ init }) => Buffer.from(init.body).toString())).size,
      1,
      "ciphertexts",
    );
  });
}

/** The next attempt begins after this delay, and not a millisecond before. */
async function exactly(delay, calls) {
  await settled();
  const before = calls.length;
  mock.timers.tick(delay - 1);
  await settled();
  same(calls.length, before, `attempts before ${delay} ms`);
  mock.timers.tick(1);
  await settled();
  same(calls.length, before + 1, `attempts after ${delay} ms`);
}

function answering(answers, calls) {
  return async (_, init) => {
    calls.push({ at: Date.now() - NOW * 1000, init });
    const [code, retryAfter] = [answers[calls.length - 1]].flat();
    if (code === null) throw new TypeError("refused");
    const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter };
    return new Response(null, { status: code, headers });
  };
}

const settled = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

// Randomness: nonces of 12 bytes as ever, the 4 bytes of jitter as the test wants them
// (little-endian).

function randomButNoJitter() {
  return randomBut([0, 0, 0, 0]);
}

function randomButHalfJitter() {
  return randomBut([0, 0, 0, 0x80]);
}

function randomBut(jitter) {
  const real = crypto.getRandomValues.bind(crypto);
  return (view) => {
    if (view.length !== 4) return real(view);
    view.set(jitter);
    return view;
  };
}

const { passed, failed } = await suite.run();
ok(passed + failed > 0, "tests");
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
