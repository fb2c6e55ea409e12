// A Worker with claims in D1 and in Durable Objects, which tests them as it is asked.
import * as postseal from "postseal";
import { d1Store, durableObjectStore, PostsealClaims, sqliteSchema } from "postseal/stores";
import { contractTests } from "./contract.js";
import { manyClaims } from "./many.js";
import { ok, rejectsCode, same, Suite } from "./suite/harness.js";
import { NOW, SECRET } from "./suite/known.js";
import vectors from "./vectors.js";

export { PostsealClaims };

/** It tells how many rows it has. */
export class CountedClaims extends PostsealClaims {
  #sql;

  constructor(state) {
    super(state);
    this.#sql = state.storage.sql;
  }

  async fetch(request) {
    if (new URL(request.url).pathname !== "/rows") return super.fetch(request);
    return Response.json(this.#sql.exec("SELECT count(*) AS rows FROM postseal_claims").one().rows);
  }
}

/** It was made before Durable Objects had SQLite. */
export class OldClaims extends PostsealClaims {}

const OBJECTS = 64;
const STORES = {
  D1: async ({ DATABASE }) => {
    await DATABASE.exec(sqliteSchema);
    const count = DATABASE.prepare("SELECT count(*) AS n FROM postseal_claims");
    return { store: d1Store(DATABASE), rows: () => count.first("n") };
  },
  "Durable Objects": async ({ COUNTED }) => {
    const rows = async () => {
      const counts = Array.from({ length: OBJECTS }, async (_, index) => {
        const answer = await COUNTED.getByName(`claims-${index}`).fetch("https://claims/rows");
        return answer.json();
      });
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    };
    return { store: durableObjectStore(COUNTED), rows, objects: OBJECTS };
  },
  "Durable Objects by id": async ({ CLAIMS }) => {
    const older = {
      idFromName: (name) => CLAIMS.idFromName(name),
      get: (id) => CLAIMS.get(id),
    };
    return { store: durableObjectStore(older) };
  },
};

const CALLS = {
  async contract({ kind, env }) {
    const suite = new Suite();
    contractTests({ postseal, vectors, ...(await STORES[kind](env)), test: suite.test });
    return counted(suite);
  },
  async many({ kind, ids, turns, env }) {
    const { store } = await STORES[kind](env);
    return manyClaims({ ids, turns, claim: (id, lease) => claim(store, id, lease) });
  },
  /** A database without the table; objects of before they had SQLite. */
  async unavailable({ kind, env }) {
    const suite = new Suite();
    suite.test("a store that is not there is unavailable", async () => {
      const store = kind === "D1" ? d1Store(env.EMPTY) : durableObjectStore(env.OLD);
      const error = await rejectsCode(postseal, "store_unavailable", claim(store, "evt_1"));
      same(error.status, 503);
      ok(error.cause instanceof Error, "a cause");
    });
    return counted(suite);
  },
};

export default {
  async fetch(request, env) {
    const { call, ...input } = await request.json();
    return Response.json(await CALLS[call]({ ...input, env }));
  },
};

function claim(store, id, leaseSeconds) {
  const { headers, body } = new postseal.Sender({ secrets: SECRET }).seal(
    { id, payload: "{}" },
    { now: NOW },
  );
  const delivery = new postseal.Receiver({ secrets: SECRET }).open(headers, body, { now: NOW });
  return postseal.claim(store, delivery, { source: "cloudflare", leaseSeconds });
}

async function counted(suite) {
  const lines = [];
  const counts = await suite.run((line) => lines.push(line));
  return { ...counts, text: lines.join("\n") };
}
