// Walks every path with the markers of `markers.mjs`, and prints all that anybody but the
// delivery's reader gets to see. Each path begins with a line `=== name`.
import { createServer } from "node:http";
import { inspect } from "node:util";
import { createAdaptorServer } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import * as postseal from "postseal";
import { fastifyHandler } from "postseal/fastify";
import { honoHandler } from "postseal/hono";
import { lambdaHandler } from "postseal/lambda";
import { nodeHandler } from "postseal/node";
import { memoryStore } from "postseal/stores";
import { post } from "./client.mjs";
import { MARKERS } from "./markers.mjs";

const secrets = `whsec_${btoa(MARKERS.secret)}`;
const encryptionKeys = `whenc_${btoa(MARKERS.key)}`;
const options = { secrets, encryptionKeys, encryption: "optional", maxBodyBytes: 5000 };
const receiver = new postseal.Receiver(options);
const plain = new postseal.Sender({ secrets });
const encrypting = new postseal.Sender({ secrets, encryptionKeys });
const PAYLOAD = JSON.stringify({ card: MARKERS.payload });

const begin = (name) => console.log(`\n=== ${name}`);

begin("control: what the delivery's reader sees");
console.log(receiver.open(...Object.values(sealed(plain))).text());
showObjects();
await refusedCalls();
const messages = outcomes();
for (const [server, start] of Object.entries(adapters())) {
  for (const [name, [message, extra]] of Object.entries(messages)) {
    for (const reports of [true, false]) {
      begin(`${server}, ${name}, ${reports ? "with callbacks" : "without callbacks"}`);
      await walk(start, message, { ...(reports ? callbacks() : {}), ...extra() });
    }
  }
}
begin("Express, after express.json()");
await walk(parsed, messages["a plain message"][0], { onDelivery() {} });
for (const [name, start] of Object.entries(frameworksAlone())) {
  for (const [what, [message]] of Object.entries(messages)) {
    begin(`${name}'s own error handling, ${what}`);
    await walk(start, message);
  }
}
process.exit(0);

function sealed(sender, payload = PAYLOAD, id = "evt_1") {
  return sender.seal({ id, payload });
}

/** Prints a value in every way in which a log could. */
function show(name, value) {
  begin(`${name} on the console`);
  console.log(value);
  console.error("%s %o %j", value, value, value);
  console.dir(value, { depth: 9, showHidden: true });
  console.log(inspect(value, { depth: 9, showHidden: true, customInspect: false }));
  console.log(inspect(value, { depth: 9, showHidden: true, getters: true }));
  console.table([value]);
  begin(`${name} as JSON, as text, and cloned`);
  console.log(JSON.stringify(value), JSON.stringify({ value: [value] }));
  console.log(attempted(() => `${String(value)} ${Object.entries(value ?? {})}`));
  console.log(attempted(() => inspect(structuredClone(value), { depth: 9, showHidden: true })));
  console.log(attempted(() => inspect({ ...value }, { depth: 9, showHidden: true })));
}

function attempted(run) {
  try {
    return run();
  } catch (error) {
    return inspect(error, { depth: 9 });
  }
}

function showObjects() {
  const opened = ({ headers, body }) => receiver.open(headers, body);
  const looked = opened(sealed(plain));
  // Its payload has been read, so it is there as bytes and as text.
  looked.json();
  const objects = {
    "the package": postseal,
    "a receiver": receiver,
    "a sender": plain,
    "a sender with a key": encrypting,
    "an encrypted message": sealed(encrypting),
    "a delivery": opened(sealed(plain)),
    "a delivery that was read": looked,
    "a decrypted delivery": opened(sealed(encrypting)),
    "a store": memoryStore(),
    "a handler": receiver.handler({ onDelivery() {} }),
    "a Node handler": nodeHandler(receiver, { onDelivery() {} }),
  };
  for (const [name, object] of Object.entries(objects)) show(name, object);
}

/** Errors of each call, and a claim. */
async function refusedCalls() {
  const { headers, body } = sealed(plain);
  const delivery = receiver.open(headers, body);
  const bad = receiver.open(...Object.values(sealed(plain, MARKERS.payload)));
  const binary = sealed(plain, Buffer.concat([Buffer.from(MARKERS.payload), Buffer.of(255)]));
  const calls = {
    "a changed body": () => receiver.open(headers, `${PAYLOAD} `),
    "a header with the payload": () => receiver.open({ "webhook-id": PAYLOAD }, body),
    "a parsed body": () => receiver.open(headers, JSON.parse(PAYLOAD)),
    "a payload that is no JSON": () => bad.json(),
    "a payload that is no UTF-8": () => receiver.open(binary.headers, binary.body).text(),
    "a secret in the wrong place": () => new postseal.Receiver({ [secrets]: true }),
    "a secret that is misspelt": () => new postseal.Receiver({ secrets: `${secrets}!` }),
    "a key for a secret": () => new postseal.Receiver({ secrets: encryptionKeys }),
    "a secret for a key": () => new postseal.Receiver({ encryptionKeys: secrets }),
    "an id with the payload": () => plain.seal({ id: PAYLOAD, payload: "" }),
  };
  for (const [name, call] of Object.entries(calls)) {
    show(`an error of ${name}`, caught(call));
  }
  const seen = [];
  const store = memoryStore();
  const swap = (...texts) => (seen.push(texts), store.swap(...texts));
  show("a claim", await postseal.claim({ swap }, delivery, { source: "orders" }));
  show("what a store gets", seen);
}

function caught(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** Each way in which a request can end: the message, and the options that make it so. */
function outcomes() {
  const { headers, body } = sealed(plain);
  const fail = () => Promise.reject(new TypeError(PAYLOAD, { cause: PAYLOAD }));
  const failing = { swap: () => Promise.reject(new Error("down")) };
  const claimed = { swap: async () => ({ swapped: false, current: "another's" }) };
  const onDelivery = () => {};
  const first = () => {
    const store = memoryStore();
    let left = 1;
    return { dedupe: { source: "orders", store }, onDelivery: () => left-- > 0 && fail() };
  };
  return {
    "a plain message": [{ headers, body }, () => ({ onDelivery })],
    "an encrypted message": [sealed(encrypting), () => ({ onDelivery })],
    "a changed body": [{ headers, body: `${PAYLOAD} ` }, () => ({ onDelivery })],
    "no headers": [{ headers: {}, body }, () => ({ onDelivery })],
    "the payload for a signature": [
      { headers: { ...headers, "webhook-signature": PAYLOAD }, body },
      () => ({ onDelivery }),
    ],
    "a body over the limit": [{ headers, body: PAYLOAD.repeat(200) }, () => ({ onDelivery })],
    "a function that throws": [{ headers, body }, () => ({ onDelivery: fail })],
    "a function that throws, with a claim": [{ headers, body }, first],
    "a payload that is no JSON": [
      sealed(plain, `{${MARKERS.payload}`),
      () => ({ onDelivery: (delivery) => void delivery.json() }),
    ],
    "over the limit of requests": [
      { headers, body },
      () => ({ onDelivery, limit: async () => ({ success: false }) }),
    ],
    "a limit that fails": [{ headers, body }, () => ({ onDelivery, limit: fail })],
    "a store that fails": [
      { headers, body },
      () => ({ onDelivery, dedupe: { source: "orders", store: failing } }),
    ],
    "a store with another's text": [
      { headers, body },
      () => ({ onDelivery, dedupe: { source: "orders", store: claimed } }),
    ],
    "a claim that another holds": [{ headers, body }, held],
  };
}

/** The first request never ends, and the second one finds its claim. */
function held() {
  const dedupe = { source: "orders", store: memoryStore() };
  const handle = receiver.handler({ onDelivery: () => new Promise(() => {}), dedupe });
  const { headers, body } = sealed(plain);
  handle(new Request("https://example.org", { method: "POST", headers, body }));
  return { dedupe, onDelivery() {} };
}

/** Callbacks that log all of what is ours. */
function callbacks() {
  return {
    onRefused: (error) => {
      console.log(inspect(error, { depth: 0 }), JSON.stringify(error), error.stack);
    },
    // What the user's own function threw is the user's, and so is what a limit or a store threw:
    // the cause of a 503.
    onError: (error) => {
      if (!postseal.WebhookError.is(error)) return;
      const { cause, stack } = error;
      const ours = error.status === 503 && cause !== undefined ? stack : error;
      console.log(inspect(ours, { depth: 9 }), ours);
    },
  };
}

async function walk(start, message, handlerOptions) {
  const { url, close } = await start(handlerOptions);
  for (const _ of [1, 2]) console.log(inspect(await post(url, message), { depth: 9 }));
  await close();
}

async function listening(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => (server.closeAllConnections(), server.close()),
  };
}

async function fastified(register) {
  const app = Fastify({ logger: { level: "trace" } });
  await register(app);
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { url: `http://127.0.0.1:${app.server.address().port}`, close: () => app.close() };
}

function adapters() {
  return {
    http: (given) => listening(createServer(nodeHandler(receiver, given))),
    Express: (given) => listening(createServer(express().post("/", nodeHandler(receiver, given)))),
    Fastify: (given) => fastified((app) => app.register(fastifyHandler(receiver, given))),
    Hono: (given) => {
      const app = new Hono().post("/", honoHandler(receiver, given));
      return listening(createAdaptorServer({ fetch: app.fetch }));
    },
    Lambda: async (given) => listening(createServer(lambdaBehind(lambdaHandler(receiver, given)))),
  };
}

/** What is no JSON must not come here: express.json() quotes it in an error of its own. */
function parsed(given) {
  const app = express().use(express.json({ type: () => true }));
  return listening(createServer(app.post("/", nodeHandler(receiver, given))));
}

function lambdaBehind(handle) {
  return async (request, response) => {
    const chunks = await request.toArray();
    const body = Buffer.concat(chunks).toString("base64");
    const { headers } = request;
    const event = { version: "2.0", headers, body, isBase64Encoded: true };
    const { statusCode, ...answer } = await handle(event, {});
    response.writeHead(statusCode, answer.headers).end(answer.body);
  };
}

/** Routes that let every error of `open` and `json` go to the framework. */
function frameworksAlone() {
  const taken = (headers, body) => String(receiver.open(headers, body).json() !== undefined);
  return {
    Express: () => {
      const app = express().use(express.raw({ type: () => true }));
      app.post("/", ({ headers, body }, response) => response.send(taken(headers, body)));
      return listening(createServer(app));
    },
    Fastify: () =>
      fastified((app) => {
        app.removeAllContentTypeParsers();
        app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
        app.post("/", async ({ headers, body }) => taken(headers, body));
      }),
    Hono: () => {
      const app = new Hono();
      app.post("/", async (c) => c.text(taken(c.req.raw.headers, await c.req.arrayBuffer())));
      return listening(createAdaptorServer({ fetch: app.fetch }));
    },
    Koa: () => {
      const app = new Koa();
      app.use(async (context) => {
        context.body = taken(context.headers, Buffer.concat(await context.req.toArray()));
      });
      return listening(createServer(app.callback()));
    },
  };
}
