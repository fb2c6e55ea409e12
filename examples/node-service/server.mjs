// A service that takes encrypted webhooks: limited in Redis, accepted once in Postgres, put into a
// queue there, worked on apart from the request, with an alert where refusals become many.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { Receiver, Sender } from "postseal";
import { nodeHandler } from "postseal/node";
import { postgresSchema, postgresStore, redisLimit } from "postseal/stores";

const { WEBHOOK_SECRET, WEBHOOK_OLD_SECRET, WEBHOOK_KEY, ALERT_URL, ALERT_SECRET } = process.env;
const ALERT_REFUSALS = 10;
const ALERT_MS = 60_000;
const RETRY_SECONDS = 30;

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  connectionTimeoutMillis: 2000,
  query_timeout: 5000,
});
pool.on("error", ({ code }) => console.error("postgres:", code)); // an idle connection was lost
const redis = new Redis(process.env.REDIS_URL, {
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
});
redis.on("error", ({ code }) => console.error("redis:", code));

await pool.query(`${postgresSchema};
  CREATE TABLE IF NOT EXISTS jobs (
    replay_key text PRIMARY KEY, event jsonb NOT NULL, done boolean NOT NULL DEFAULT false,
    not_before timestamptz NOT NULL DEFAULT now())`);

const limiter = redisLimit(redis, { requests: 100, perSeconds: 60 });
// Rotation: the new secret is the first, and the old one stays until no delivery needs it.
const receiver = new Receiver({
  secrets: [WEBHOOK_SECRET, WEBHOOK_OLD_SECRET],
  encryptionKeys: [WEBHOOK_KEY],
});
const handle = nodeHandler(receiver, {
  limit: ({ socket }) => limiter({ key: socket.remoteAddress }), // behind a proxy: its header
  dedupe: { source: "orders", store: postgresStore(pool) },
  onDelivery,
  onRefused,
  onError: (error) => console.error("failed:", error?.code ?? error?.name),
});

/** What is in the queue is taken: a crash after this loses nothing, and a repeat adds nothing. */
async function onDelivery(delivery) {
  const sql = "INSERT INTO jobs (replay_key, event) VALUES ($1, $2) ON CONFLICT DO NOTHING";
  await pool.query(sql, [delivery.replayKey, delivery.json()]);
  console.log("accepted", delivery.replayKey, delivery.matchedSecretIds.join());
}

const alerts = ALERT_URL && new Sender({ secrets: ALERT_SECRET });
let refusals = [];
let alertedAt = 0;

/** One alert a minute, where refusals in the minute before were many. */
function onRefused({ code, message }) {
  const now = Date.now();
  console.warn("refused", code, message);
  refusals = [...refusals, now].slice(-ALERT_REFUSALS).filter((at) => at > now - ALERT_MS);
  if (refusals.length < ALERT_REFUSALS || now < alertedAt + ALERT_MS || !alerts) return;
  alertedAt = now;
  const json = { type: "webhooks.refused", code, atLeast: refusals.length, perMs: ALERT_MS };
  alerts.send(ALERT_URL, { id: `alert_${now}`, json }).catch(() => console.error("no alert"));
}

/** Works until the service stops. An event that fails comes again; several services share them. */
async function work() {
  for (;;) {
    const took = await next().catch(({ code }) => console.error("queue:", code));
    if (!took) await sleep(200);
  }
}

/** Takes one event: a crash while it is worked on gives it back. */
async function next() {
  const { rows } = await pool.query(
    `UPDATE jobs SET not_before = now() + $1 * interval '1 second' WHERE replay_key = (
       SELECT replay_key FROM jobs WHERE NOT done AND not_before <= now()
       ORDER BY not_before LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING replay_key, event`,
    [RETRY_SECONDS],
  );
  if (rows.length === 0) return false;
  const [{ replay_key: key, event }] = rows;
  await handled(event);
  await pool.query("UPDATE jobs SET done = true WHERE replay_key = $1", [key]);
  console.log("done", key);
  return true;
}

/** Your work. It may run twice for one event, so let its effect be harmless a second time. */
async function handled(event) {
  console.log("working on", event.type);
}

const server = createServer(handle);
server.requestTimeout = 10_000;
server.listen(process.env.PORT ?? 8080, "127.0.0.1", () => {
  console.log("listening on", server.address().port);
});
work();
