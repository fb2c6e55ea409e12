// The programs of docs/handler.md, as they stand there: each is written to a file, loaded, and sent
// a good and a bad request.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import { ok, same, Suite } from "../suite/harness.js";
import { SECRET } from "../suite/known.js";
import { post, until } from "./client.mjs";
import { REFUSED, seal } from "./known.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, "generated");
const page = readFileSync(join(here, "../../../docs/handler.md"), "utf8");
const blocks = [...page.matchAll(/^```(.*)\n([^]*?)^```$/gm)];
const PATH = "/webhooks/orders";
const queued = [];
globalThis.queued = queued;
/** What the page's programs import and this folder does not have. */
const STAND_INS = {
  bullmq: `export class Queue {
    constructor(name) {
      this.name = name;
    }
    async add(name, event, { jobId }) {
      globalThis.queued.push([this.name, jobId, event]);
    }
  }`,
  "@aws-sdk/client-sqs": `export class SendMessageCommand {
    constructor(input) {
      this.input = input;
    }
  }
  export class SQSClient {
    async send({ input: { QueueUrl, MessageBody } }) {
      globalThis.queued.push(["sqs", QueueUrl, JSON.parse(MessageBody)]);
    }
  }`,
};
const ENV = {
  RATE_LIMITER: { limit: async () => ({ success: true }) },
  EVENTS: { send: async ({ key, event }) => void queued.push(["queue", key, event]) },
  METRICS: { count: async (name) => void queued.push(["metric", name]) },
};
const context = { waitUntil: (promise) => promise };

const listener = (fetch) => createAdaptorServer({ fetch });
/** How each program is served. */
const SERVERS = {
  "worker.js": ({ default: { fetch } }) => listener((request) => fetch(request, ENV, context)),
  "queues.js": ({ default: { fetch } }) => listener((request) => fetch(request, ENV, context)),
  "wait_until.js": ({ default: { fetch } }) => listener((request) => fetch(request, ENV, context)),
  "route.js": ({ POST }) => listener((request) => POST(request, { params: {} })),
  "server.js": ({ POST }) => listener((request) => POST({ request })),
  "action.js": ({ action }) => listener((request) => action({ request })),
  "node.js": ({ server }) => server,
  "express.js": ({ app }) => createServer(app),
  "connect.js": ({ app }) => createServer(app),
  "koa.js": ({ app }) => createServer(app.callback()),
  "nest.js": ({ app }) => app.getHttpServer(),
  "pages.js": ({ default: handle, config }) => {
    same(config, { api: { bodyParser: false } });
    return createServer(handle);
  },
  "fastify.js": async ({ app }) => {
    await app.ready();
    return app.server;
  },
  "hono.js": ({ app }) => listener(app.fetch),
  "lambda.js": ({ handler }) => createServer(behind(handler)),
  "bullmq.js": ({ handle }) => createServer(handle),
  "sqs.js": ({ handler }) => createServer(behind(handler)),
};
const EVENT = { type: "order.paid" };
const QUEUED = {
  "queues.js": (id) => [["queue", id, EVENT]],
  "wait_until.js": (id) => [
    ["queue", id, EVENT],
    ["metric", "webhook"],
  ],
  "bullmq.js": (id) => [["events", id, EVENT]],
  "sqs.js": () => [["sqs", process.env.QUEUE_URL, EVENT]],
};

/** As an HTTP API with payloads of v2 calls a function. */
function behind(handler) {
  return async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("base64");
    const event = { version: "2.0", headers: request.headers, body, isBase64Encoded: true };
    const answer = await handler(event, {});
    response.writeHead(answer.statusCode, answer.headers).end(answer.body);
  };
}

rmSync(folder, { recursive: true, force: true });
for (const [name, text] of Object.entries(STAND_INS)) {
  const module = join(folder, "node_modules", name);
  mkdirSync(module, { recursive: true });
  writeFileSync(join(module, "package.json"), '{ "type": "module", "exports": "./index.js" }');
  writeFileSync(join(module, "index.js"), text);
}
for (const [, info, text] of blocks) writeFileSync(join(folder, info.split(" ")[1]), text);
const QUEUE_URL = "https://sqs.example/1";
Object.assign(process.env, { WEBHOOK_SECRET: SECRET, PORT: "0", QUEUE_URL });
delete process.env.WEBHOOK_OLD_SECRET;
const lines = [];
for (const level of ["log", "warn"]) {
  const real = console[level];
  const isOurs = (line) => /^(evt_|webhook )/.test(line);
  console[level] = (...args) => (isOurs(args[0]) ? lines.push(args) : real(...args));
}

const suite = new Suite();
suite.test("page: every block has a name, and is served here", () => {
  const names = blocks.map(([, info]) => info);
  same(
    names.filter((info) => !/^js \w+\.js$/.test(info)),
    [],
  );
  const served = ["webhooks.js", ...Object.keys(SERVERS)].map((name) => `js ${name}`);
  same(names.toSorted(), served.toSorted());
});
for (const [name, start] of Object.entries(SERVERS)) {
  suite.test(`page: ${name}`, async () => {
    const server = await start(await import(join(folder, name)));
    if (!server.listening) server.listen(0, "127.0.0.1");
    await until(() => server.address() !== null, "the address");
    const url = `http://127.0.0.1:${server.address().port}`;
    await used(name, url);
    server.closeAllConnections();
    server.close();
  });
}

async function used(name, url) {
  const id = `evt_${name.replace(".", "_")}`;
  const message = { ...seal(id, JSON.stringify(EVENT)), path: PATH };
  lines.length = queued.length = 0;
  const bad = await post(url, { ...message, body: "changed" });
  const logged = lines.map((line) => line.slice(0, 2));
  const reason = ["webhook refused:", "signature_mismatch"];
  same([bad.status, bad.text, logged], [401, REFUSED, [reason]]);
  // The second is a repeat.
  for (const _ of [1, 2]) same((await post(url, message)).status, 204);
  const handed = QUEUED[name]?.(id);
  if (handed !== undefined) return same(queued, handed);
  same(lines.slice(1), [[id, EVENT.type]]);
}

const { passed, failed } = await suite.run();
ok(passed + failed > 15, "programs");
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
