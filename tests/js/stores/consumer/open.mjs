// How each store is opened, as the documentation says, with the client's own package: `where` is
// the address of its server, or its file.
import * as stores from "postseal/stores";

export const OPEN = { memory, sqlite, postgres, "node:sqlite": nodeSqlite };
for (const name of ["ioredis", "ioredis-5"]) OPEN[name] = (where) => ioredis(name, where);
for (const name of ["redis", "redis-5", "redis-4"]) OPEN[name] = (where) => nodeRedis(name, where);

/** What a store in Redis fails with at once, where Redis does not answer. */
const AT_ONCE = { enableOfflineQueue: false, maxRetriesPerRequest: 0 };

async function memory() {
  return { store: stores.memoryStore(), close() {} };
}

async function ioredis(name, where) {
  const { Redis } = await import(name);
  const client = new Redis(where, { ...AT_ONCE, lazyConnect: true });
  client.on("error", () => undefined);
  await client.connect();
  return { client, store: stores.redisStore(client), close: () => client.disconnect() };
}

async function nodeRedis(name, where) {
  const { createClient } = await import(name);
  const client = createClient({ url: where, disableOfflineQueue: true });
  client.on("error", () => undefined);
  await client.connect();
  const close = () => (client.destroy === undefined ? client.disconnect() : client.destroy());
  return { client, store: stores.redisStore(client), close };
}

async function postgres(where) {
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({ connectionString: where, connectionTimeoutMillis: 5000 });
  pool.on("error", () => undefined);
  return {
    store: stores.postgresStore(pool),
    prepare: () => pool.query(stores.postgresSchema),
    rows: async () => {
      const { rows } = await pool.query("SELECT count(*) FROM postseal_claims");
      return Number(rows[0].count);
    },
    close: () => pool.end(),
  };
}

async function sqlite(where) {
  const { default: Database } = await import("better-sqlite3");
  const database = new Database(where, { timeout: 10_000 });
  database.pragma("journal_mode = WAL");
  return opened(database);
}

async function nodeSqlite(where) {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(where);
  database.exec("PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL");
  return opened(database);
}

function opened(database) {
  return {
    store: stores.sqliteStore(database),
    prepare: async () => database.exec(stores.sqliteSchema),
    rows: async () => database.prepare("SELECT count(*) AS n FROM postseal_claims").get().n,
    close: () => database.close(),
  };
}
