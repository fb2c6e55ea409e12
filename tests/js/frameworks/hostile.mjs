// Hostile clients against the Node handler over HTTP: what they cost is bounded, and good requests
// pass meanwhile.
//
// The server is a process of its own, so that its memory is its own. It is asked for that memory,
// after a collection, before and after.
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { ok, same, Suite } from "../suite/harness.js";
import { onTheWire, open, post, until } from "./client.mjs";
import { LIMIT, receiver, seal } from "./known.mjs";

const MIB = 1_048_576;
/** What a heap and its buffers may have grown by when all is over: far below what was sent. */
const GROWTH_BYTES_MAX = 8 * MIB;
/** The process's pages, which an allocator keeps for a while. */
const GROWTH_RSS_BYTES_MAX = 96 * MIB;
const suite = new Suite();

if (process.argv[2] === "serve") await serve();
else await attack();

async function serve() {
  const { createServer } = await import("node:http");
  const { nodeHandler } = await import("postseal/node");
  const counts = { delivered: 0, refused: {}, errors: 0 };
  // Short, so that the test of slow clients is; Node's own are 300 and 60 seconds.
  const settings = { requestTimeout: 4000, headersTimeout: 3000, connectionsCheckingInterval: 200 };
  const server = createServer(
    settings,
    nodeHandler(receiver, {
      onDelivery: () => void (counts.delivered += 1),
      onRefused: ({ code }) => void (counts.refused[code] = (counts.refused[code] ?? 0) + 1),
      onError: () => void (counts.errors += 1),
    }),
  );
  server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
  process.on("message", () => {
    for (let turn = 0; turn < 3; turn += 1) gc();
    const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
    server.getConnections((_, connections) => {
      process.send({ ...counts, held: heapUsed + arrayBuffers, rss, connections });
    });
  });
  process.on("disconnect", () => process.exit(0));
}

async function attack() {
  const child = fork(new URL(import.meta.url), ["serve"], { execArgv: ["--expose-gc"] });
  const [{ port }] = await once(child, "message");
  const url = `http://127.0.0.1:${port}`;
  const asked = async () => {
    child.send("counts");
    return (await once(child, "message"))[0];
  };
  const test = (name, run) => suite.test(`hostile: ${name}`, () => bounded({ url, asked }, run));
  // What a process allocates once, it has allocated then.
  await badSignatures(url, 500);
  for (let turn = 0; turn < 50; turn += 1) await good(url);
  await asked();

  test("10 000 bad signatures", (from) => manyBadSignatures(from));
  test("500 slow bodies", (from) => slowBodies(from));
  test("500 slow heads", (from) => slowHeads(from));
  test("50 bodies in chunks without end", (from) => endlessBodies(from));
  test("200 bodies that break off", (from) => brokenBodies(from));
  test("lengths that lie", (from) => lyingLengths(from));
  test("floods of headers", (from) => headerFloods(from));
  test("2000 pipelined requests on 10 connections", (from) => pipelines(from));
  const { passed, failed } = await suite.run();
  child.disconnect();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Good requests pass during it and after it, and then no more memory is held than before. */
async function bounded({ url, asked }, run) {
  const before = await asked();
  await run({ url, asked, before });
  for (let turn = 0; turn < 5; turn += 1) same(await good(url), 204);
  let after = await asked();
  for (let turn = 0; turn < 40 && after.connections > 0; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    after = await asked();
  }
  same([after.connections, after.errors], [0, 0], "connections that are left, and errors");
  const [held, rss] = [after.held - before.held, after.rss - before.rss];
  ok(held < GROWTH_BYTES_MAX, `${held} bytes more are held, of at most ${GROWTH_BYTES_MAX}`);
  ok(rss < GROWTH_RSS_BYTES_MAX, `the process grew by ${rss} bytes`);
}

async function good(url) {
  const { headers, body } = seal();
  return (await post(url, { headers: { ...headers, connection: "close" }, body })).status;
}

async function manyBadSignatures({ url, asked, before }) {
  const statuses = await badSignatures(url, 10_000);
  same(statuses, { 401: 10_000 });
  const { refused, delivered } = await asked();
  same(refused.signature_mismatch - before.refused.signature_mismatch, 10_000);
  same(delivered, before.delivered);
}

/** Over 20 connections that are kept, each with bodies of 16 KiB that no secret has signed. */
async function badSignatures(url, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  const { headers } = seal();
  const body = "x".repeat(16_384);
  const statuses = {};
  let left = count;
  const worker = async () => {
    while ((left -= 1) >= 0) {
      const status = await new Promise((resolve, reject) => {
        const sent = request(url, { method: "POST", agent, headers }, (response) => {
          response.resume().on("end", () => resolve(response.statusCode));
        });
        sent.on("error", reject).end(body);
      });
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  agent.destroy();
  return statuses;
}

function opened(url, count) {
  return Promise.all(Array.from({ length: count }, () => open(url)));
}

/** Each says that it has 100 kB, and sends a byte from time to time, until the server ends it. */
async function slowBodies({ url, asked }) {
  const peers = await opened(url, 500);
  const head = onTheWire(seal().headers, "", [`content-length: ${LIMIT}`]);
  for (const { socket } of peers) socket.write(head);
  await dripping(peers, { url, asked }, "x");
  ok(
    peers.every(({ received }) => !received.includes(" 204 ")),
    "none is taken",
  );
}

async function slowHeads({ url, asked }) {
  const peers = await opened(url, 500);
  for (const { socket } of peers) socket.write("POST / HTTP/1.1\r\nhost: a\r\n");
  await dripping(peers, { url, asked }, "x-a: b\r\n");
}

async function dripping(peers, { url, asked }, drop) {
  let during = 0;
  for (let turn = 0; turn < 200 && peers.some(({ closed }) => !closed); turn += 1) {
    for (const { socket, closed } of peers) if (!closed) socket.write(drop);
    same(await good(url), 204);
    during = Math.max(during, (await asked()).connections);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  ok(during >= 500, `${during} connections at once`);
  ok(
    peers.every(({ closed }) => closed),
    "the server's own time-outs end them",
  );
}

async function endlessBodies({ url, asked, before }) {
  const peers = await opened(url, 50);
  const chunk = Buffer.from(`10000\r\n${"x".repeat(0x10000)}\r\n`);
  const head = onTheWire(seal().headers, "", ["transfer-encoding: chunked"]);
  let sent = 0;
  const endless = async ({ socket, ended }) => {
    socket.write(head);
    while (!socket.destroyed) {
      sent += chunk.length;
      if (socket.write(chunk)) continue;
      await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), ended]);
    }
  };
  const all = Promise.all(peers.map(endless));
  for (let turn = 0; turn < 10; turn += 1) same(await good(url), 204);
  await all;
  ok(sent > 50 * LIMIT && sent < 50 * 32 * MIB, `${sent} bytes sent until all were cut off`);
  const { refused } = await asked();
  same(refused.body_too_large - (before.refused.body_too_large ?? 0), 50);
}

async function brokenBodies({ url, asked, before }) {
  const peers = await opened(url, 200);
  const head = onTheWire(seal().headers, "", [`content-length: ${LIMIT}`]);
  for (const { socket } of peers) {
    socket.write(head);
    socket.write("x".repeat(LIMIT - 1), () => socket.destroy());
  }
  await Promise.all(peers.map(({ ended }) => ended));
  const { refused } = await asked();
  same(refused, before.refused, "they are nobody's refusals");
}

async function lyingLengths({ url, asked, before }) {
  const { headers, body } = seal();
  // Too short: the rest is the next request, and is none.
  const short = await open(url);
  short.socket.write(onTheWire(headers, body, [`content-length: ${body.length - 1}`]));
  await short.ended;
  ok(!short.received.includes(" 204 "), short.received);
  // Too long: the server waits, and then no more.
  const long = await open(url);
  long.socket.write(onTheWire(headers, body, [`content-length: ${body.length + 1}`]));
  await long.ended;
  ok(!long.received.includes(" 204 "), long.received);
  // Both lengths, as smugglers send them; and what is no length. Node refuses them by itself.
  const lengths = [
    ["content-length: 5", "transfer-encoding: chunked"],
    ["content-length: 5", "content-length: 6"],
    ["content-length: -1"],
    ["content-length: 0x10"],
    ["content-length: 99999999999999999999999999"],
  ];
  for (const lines of lengths) {
    const peer = await open(url);
    peer.socket.write(onTheWire(headers, body, lines));
    await peer.ended;
    ok(!peer.received.includes(" 204 "), `${lines}: ${peer.received}`);
  }
  same((await asked()).delivered, before.delivered);
}

async function headerFloods({ url, asked, before }) {
  const { headers, body } = seal();
  const length = `content-length: ${body.length}`;
  // Nearly as many as Node takes: the handler finds its own behind them.
  const many = Array.from({ length: 900 }, (_, at) => `x${at}: 1`);
  const doubled = Array.from({ length: 400 }, () => "webhook-id: evt_1");
  const signatures = Array.from({ length: 400 }, () => "webhook-signature: v1,AAAA");
  const floods = [
    [many, "204"],
    [doubled, "401"],
    [signatures, "401"],
  ];
  for (const [lines, status] of floods) {
    const peer = await open(url);
    peer.socket.write(onTheWire(headers, body, [length, ...lines]));
    await until(() => peer.received.includes("HTTP/1.1"), "an answer");
    same(peer.received.slice(9, 12), status);
    peer.socket.destroy();
  }
  const without = await opened(url, 50);
  for (const { socket } of without) socket.write(`POST / HTTP/1.1\r\n${"x-a: b\r\n".repeat(9000)}`);
  await Promise.all(without.map(({ ended }) => ended));
  same((await asked()).delivered, before.delivered + 1);
}

async function pipelines({ url, asked, before }) {
  const peers = await opened(url, 10);
  const { headers, body } = seal();
  const pair = [onTheWire(headers, body), onTheWire(headers, "changed")];
  const bytes = Buffer.concat(Array.from({ length: 100 }, () => pair).flat());
  for (const { socket } of peers) socket.write(bytes);
  same(await good(url), 204);
  const answers = (text) => text.match(/HTTP\/1\.1 \d+/g) ?? [];
  await until(() => peers.every(({ received }) => answers(received).length === 200), "answers");
  for (const { received, socket } of peers) {
    const wrong = answers(received).filter((one, at) => !one.endsWith(at % 2 ? "401" : "204"));
    same(wrong, []);
    socket.destroy();
  }
  same((await asked()).delivered, before.delivered + 1001);
}
