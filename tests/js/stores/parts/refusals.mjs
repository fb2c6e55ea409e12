// What no store takes, and clients that answer what no server should.
import { join } from "node:path";
import { rejectsCode, same, throwsCode } from "../../suite/harness.js";
import { tests } from "./counted.mjs";

const NO_CLIENT = [undefined, null, {}, "redis://127.0.0.1", 5, [], () => undefined];

export async function refusals({ folder, report }) {
  const from = await import(join(folder, "installed.mjs"));
  await tests(report, "clients that are none", refused(from));
  await tests(report, "databases that answer oddly", odd(from));
}

function refused({ postseal, stores }) {
  const method = () => undefined;
  const takers = {
    redisStore: NO_CLIENT,
    postgresStore: [...NO_CLIENT, { query: "SELECT 1" }, { prepare: method }],
    sqliteStore: [...NO_CLIENT, { query: method }, { prepare: method, batch: method }],
    d1Store: [...NO_CLIENT, { prepare: method }, { batch: method }],
    durableObjectStore: [...NO_CLIENT, { get: method }, { idFromName: method, getByName: "a" }],
  };
  const named = Object.entries(takers).map(([name, clients]) => {
    const run = () => {
      for (const client of clients) {
        throwsCode(postseal, "invalid_config", () => stores[name](client));
      }
    };
    return [name, run];
  });
  return Object.fromEntries([
    ...named,
    [
      "redisLimit",
      () => {
        for (const client of NO_CLIENT) {
          const limiter = () => stores.redisLimit(client, { requests: 1, perSeconds: 1 });
          throwsCode(postseal, "invalid_config", limiter);
        }
      },
    ],
  ]);
}

function odd({ postseal, stores }) {
  const answering = (...rows) => {
    const query = async () => ({ rows: [rows.length > 1 ? rows.shift() : rows[0]] });
    return stores.postgresStore({ query });
  };
  const between = { changed: false, current: "a" };
  return {
    "a row that another changes in between is looked at again": async () => {
      const store = answering(between, { changed: false, current: "b" });
      same(await store.swap("k", "a", "c", 60), { swapped: false, current: "b" });
      const other = answering(between, { changed: true, current: "a" });
      same(await other.swap("k", "a", "c", 60), { swapped: true, current: "c" });
    },
    "but not for ever": async () => {
      const seven = answering(...Array(7).fill(between), { changed: true, current: "a" });
      same((await seven.swap("k", "a", "c", 60)).swapped, true);
      const eight = answering(...Array(8).fill(between), { changed: true, current: "a" });
      await rejectsCode(postseal, "store_unavailable", eight.swap("k", "a", "c", 60));
    },
    "a Durable Object that fails is no answer": async () => {
      const stub = { fetch: async () => new Response("no", { status: 500 }) };
      const store = stores.durableObjectStore({ getByName: () => stub });
      const error = await store.swap("k", null, "a", 60).catch((thrown) => thrown);
      same(error.message, "the Durable Object answered 500");
    },
  };
}
