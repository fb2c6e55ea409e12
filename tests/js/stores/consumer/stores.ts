// The clients that users have, as their packages type them, without a cast.
import { DatabaseSync } from "node:sqlite";
import Database from "better-sqlite3";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import pg from "pg";
import type { Store } from "postseal";
import { claim } from "postseal";
import {
  memoryStore,
  postgresSchema,
  postgresStore,
  type RedisClient,
  redisLimit,
  redisStore,
  sqliteSchema,
  sqliteStore,
} from "postseal/stores";
import { createClient, createCluster } from "redis";
import { createClient as createClient4 } from "redis-4";
import { createClient as createClient5 } from "redis-5";

const cluster = createCluster({ rootNodes: [] });
const clients: RedisClient[] = [new Redis(), new Redis5(), createClient(), createClient5()];
const pool = new pg.Pool();
const file = new Database(":memory:");
const memory = new DatabaseSync(":memory:");
export const stores: Store[] = [
  memoryStore(),
  ...clients.map((client) => redisStore(client)),
  redisStore(new Redis.Cluster([])),
  redisStore(createClient4()),
  redisStore(cluster),
  redisStore({ eval: async (script: string, { keys }: { keys?: string[] }) => [script, keys] }),
  postgresStore(pool),
  postgresStore(new pg.Client()),
  sqliteStore(file),
  sqliteStore(memory),
];
export async function migrate(): Promise<void> {
  await pool.query(postgresSchema);
  file.exec(sqliteSchema);
  memory.exec(sqliteSchema);
}
const limiter = redisLimit(new Redis(), { requests: 100, perSeconds: 60 });
export async function limited(key: string): Promise<number | undefined> {
  const { success, retryAfterSeconds } = await limiter({ key });
  return success ? undefined : retryAfterSeconds;
}
export { claim };

// @ts-expect-error another shape of `eval`, such as Upstash's
redisStore({ eval: async (script: string, keys: string[], args: string[]) => [keys, args] });
// @ts-expect-error a pool is no Redis
redisStore(pool);
// @ts-expect-error a database of SQLite is not Postgres
postgresStore(file);
// @ts-expect-error a rule has two numbers
redisLimit(new Redis(), { requests: 100 });
