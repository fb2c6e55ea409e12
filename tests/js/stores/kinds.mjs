// The stores as `consumer/open.mjs` opens them, each with the Node that runs it and a place that is
// empty.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { here as jsTests } from "../consumer.mjs";
import { has } from "./installed.mjs";
import { MISSING_POSTGRES, postgresServer } from "./servers/postgres.mjs";
import { MISSING_REDIS, redisServer } from "./servers/redis.mjs";

const NODE_22 = join(jsTests, "node_modules/node-22/bin/node");
export const NODE_24 = join(jsTests, "node_modules/node-24/bin/node");
const REDIS_KINDS = ["ioredis", "redis", "ioredis-5", "redis-5", "redis-4"];

/** How each kind of server is started. */
export const SERVERS = {
  redis: { start: redisServer, missing: MISSING_REDIS },
  postgres: { start: postgresServer, missing: MISSING_POSTGRES },
};

/** A server of its own, or undefined where there is none, which the report says. */
export async function server(name, what, report) {
  const { start, missing } = SERVERS[name];
  const started = await start();
  if (started === undefined) report.missing(what, missing);
  return started;
}

/**
 * `{ kind, place, execPath, server, isOlder }` of every store that is here; an older release of a
 * client has the same script or statements to run as the newest.
 */
export async function kinds(folder, servers, report) {
  const file = async () => join(mkdtempSync(join(folder, "sqlite-")), "claims.db");
  const all = [{ kind: "memory", place: async () => "" }];
  if (servers.redis !== undefined) {
    const { place } = servers.redis;
    for (const kind of REDIS_KINDS) {
      all.push({ kind, server: "redis", place, isOlder: kind.includes("-") });
    }
  }
  if (servers.postgres !== undefined) {
    all.push({ kind: "postgres", server: "postgres", place: servers.postgres.place });
  }
  if (has("better-sqlite3")) all.push({ kind: "sqlite", place: file });
  else report.missing("better-sqlite3", "npm could not install it: it wants Node's headers, c++");
  all.push({ kind: "node:sqlite", place: file, execPath: NODE_24 });
  all.push({ kind: "node:sqlite", place: file, execPath: NODE_22, isOlder: true });
  return all.map((one) => ({ execPath: process.execPath, ...one }));
}
