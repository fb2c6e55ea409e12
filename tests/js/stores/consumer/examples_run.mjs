// Runs a reference service and sends it what its users would see:
// node examples_run.mjs worker | node-service <Postgres> <Redis>
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { generateEncryptionKey, generateSecret, Receiver, Sender } from "postseal";
import { nodeHandler } from "postseal/node";
import { ok, same, Suite } from "./suite/harness.js";
import { bundledWorker, SQLITE } from "./worker_bundle.mjs";

const SECONDS_MAX = 20;
const LIMIT = 100;
const [kind, postgres, redis] = process.argv.slice(2);
const [secret, oldSecret, alertSecret] = [generateSecret(), generateSecret(), generateSecret()];
const key = generateEncryptionKey();

const alerts = await alertServer();
let printed = "";
const service = kind === "worker" ? await worker() : await nodeService();
const suite = new Suite();
suite.test("an event is accepted, and worked on once", acceptedOnce);
suite.test("during a rotation the old secret is good too", rotation);
suite.test("what is plain, or changed, is refused", refused);
suite.test("many refusals make one alert, signed", alerted);
suite.test("what is over the limit is refused", limited);
suite.test("the log has no payload and no key", silent);
const { passed, failed } = await suite.run();
await service.stop();
alerts.server.close();
if (failed > 0) console.log(printed);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function sealed(id, options = { secrets: secret, encryptionKeys: key }) {
  return new Sender(options).seal({ id, json: { type: "order.paid", card: "4242424242424242" } });
}

async function posted({ headers, body }) {
  const response = await service.post(headers, body);
  await response.arrayBuffer();
  return response.status;
}

async function acceptedOnce() {
  const message = sealed("evt_1");
  same(await posted(message), 204);
  await shown("done evt_1");
  same(await posted(message), 204, "the repeat");
  await posted(sealed("evt_2"));
  await shown("done evt_2");
  same(printed.split("done evt_1").length - 1, 1, "times that it was worked on");
}

async function rotation() {
  same(await posted(sealed("evt_3", { secrets: oldSecret, encryptionKeys: key })), 204);
  await shown("accepted evt_3 secret-2");
}

async function refused() {
  same(await posted(sealed("evt_4", { secrets: secret })), 401);
  const { headers, body } = sealed("evt_5");
  body[body.length - 1] ^= 1;
  same(await posted({ headers, body }), 401);
  await shown("refused not_encrypted");
  await shown("refused signature_mismatch");
}

async function alerted() {
  const { headers } = sealed("evt_6");
  for (let count = 0; count < 12; count += 1) await posted({ headers, body: new Uint8Array(3) });
  await until(() => alerts.deliveries.length > 0, "an alert");
  await sleep(200);
  same(alerts.deliveries.length, 1, "alerts");
  same(alerts.deliveries[0].type, "webhooks.refused");
}

async function limited() {
  const statuses = [];
  const message = sealed("evt_7");
  for (let count = 0; count <= LIMIT; count += 1) statuses.push(await posted(message));
  ok(statuses.includes(429), `one of ${LIMIT} more is over the limit, not only ${statuses[0]}`);
}

function silent() {
  for (const text of ["4242", secret.slice(6), oldSecret.slice(6), key.slice(6)]) {
    ok(!printed.includes(text), "the log is silent");
  }
}

async function nodeService() {
  const child = spawn(process.execPath, [join(import.meta.dirname, "server.mjs")], {
    env: { ...process.env, ...secrets(), PORT: "0", DATABASE_URL: postgres, REDIS_URL: redis },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) read(stream);
  const port = await shown(/listening on (\d+)/);
  const url = `http://127.0.0.1:${port}/`;
  const post = (headers, body) => fetch(url, { method: "POST", headers, body });
  return { post, stop: () => child.kill() };
}

async function worker() {
  const miniflare = await bundledWorker("worker_example.js", {
    bindings: secrets(),
    durableObjects: { CLAIMS: SQLITE("PostsealClaims"), REFUSALS: SQLITE("Refusals") },
    queueProducers: { EVENTS: "events" },
    queueConsumers: { events: { maxBatchTimeout: 0 } },
    ratelimits: { RATE_LIMITER: { simple: { limit: LIMIT, period: 60 } } },
    handleRuntimeStdio: (stdout, stderr) => [stdout, stderr].forEach(read),
  });
  const url = await miniflare.ready;
  const post = (headers, body) => fetch(url, { method: "POST", headers, body });
  return { post, stop: () => miniflare.dispose() };
}

function secrets() {
  const webhook = { WEBHOOK_SECRET: secret, WEBHOOK_OLD_SECRET: oldSecret, WEBHOOK_KEY: key };
  return { ...webhook, ALERT_URL: alerts.url, ALERT_SECRET: alertSecret };
}

/** Who gets the alerts, and takes only those that are signed. */
async function alertServer() {
  const deliveries = [];
  const receiver = new Receiver({ secrets: alertSecret });
  const onDelivery = (delivery) => void deliveries.push(delivery.json());
  const server = createServer(nodeHandler(receiver, { onDelivery }));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { deliveries, server, url: `http://127.0.0.1:${server.address().port}/` };
}

function read(stream) {
  stream.setEncoding("utf8").on("data", (chunk) => (printed += chunk));
}

/** Waits until the service has printed a text, or what a pattern finds. */
async function shown(wanted) {
  const found = () =>
    typeof wanted === "string" ? printed.includes(wanted) : wanted.exec(printed)?.[1];
  await until(found, `the service prints ${wanted}`);
  return found();
}

async function until(holds, what) {
  for (let tries = 0; tries < SECONDS_MAX * 20; tries += 1) {
    if (holds()) return;
    await sleep(50);
  }
  throw new Error(`in ${SECONDS_MAX} s not: ${what}\n${printed}`);
}
