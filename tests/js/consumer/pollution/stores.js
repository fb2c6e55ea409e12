// The stores, with clients that hold one table in memory and answer as each driver does.
import { FakeResponse } from "./fakes.js";
import { NOW, SECRET } from "./known.js";
import { messages } from "./opening.js";

export function storeCases({ postseal, "postseal/stores": stores }) {
  const receiver = new postseal.Receiver({ secrets: SECRET });
  const { headers, body } = messages(postseal).good;
  const delivery = receiver.open(headers, body, { now: NOW });
  const claimed = async (store) => {
    const claim = await postseal.claim(store, delivery, { source: "a" });
    if (claim.outcome !== "new") return [claim.outcome];
    return [claim.outcome, claim.attempt, await claim.done()];
  };
  const cases = {};
  for (const [name, make] of Object.entries(kinds(stores))) {
    cases[`store in ${name}`] = async () => {
      const store = make();
      return [await claimed(store), await claimed(store)];
    };
    cases[`swaps in ${name}`] = async () => {
      const { swap } = make();
      const asked = [[null, null], [null, "a"], [null, "b"], ["b", "c"], ["a", null], ["a", "b"]];
      let answers = [];
      for (const [expected, next] of asked) {
        answers = [...answers, Object.entries(await swap("key", expected, next, 60))];
      }
      return answers;
    };
  }
  return { ...cases, ...wrongClients(stores), ...limitCases(stores) };
}

function kinds({ d1Store, durableObjectStore, PostsealClaims, ...stores }) {
  const objects = (name) => {
    const object = new PostsealClaims({ storage: { sql: new Table() } });
    return {
      fetch: async (_, init) => {
        const told = [init.method, init.redirect, init.signal].join();
        if (told !== "POST,,") throw new Error(told);
        return object.fetch({ json: async () => JSON.parse(init.body), name });
      },
    };
  };
  return {
    memory: () => stores.memoryStore({}),
    ioredis: () => stores.redisStore(new Ioredis()),
    "node-redis": () => stores.redisStore(new NodeRedis()),
    postgres: () => stores.postgresStore(new Postgres()),
    sqlite: () => stores.sqliteStore(new Sqlite()),
    d1: () => d1Store(new D1()),
    "durable objects": () => durableObjectStore(new Named(objects)),
    "durable objects by id": () => durableObjectStore(new ById(objects)),
  };
}

/** The claims' table, for the statements that the stores have. */
class Table {
  #rows = new Map();

  exec(text, ...values) {
    const rows = this.run(text, values);
    return { toArray: () => rows };
  }

  run(text, values) {
    if (text.startsWith("CREATE") || text.includes("LIMIT")) return [];
    if (text.startsWith("SELECT")) {
      const value = this.#rows.get(values[0]);
      return value === undefined ? [] : [{ value }];
    }
    if (text.startsWith("INSERT")) return this.swapped(values[0], null, values[1]);
    if (text.startsWith("UPDATE")) return this.swapped(values[2], values[3], values[0]);
    return values.length === 1 ? [] : this.swapped(values[0], values[1], null);
  }

  current(key) {
    return this.#rows.get(key) ?? null;
  }

  swapped(key, expected, next) {
    if (this.current(key) !== expected) return [];
    if (next === null) this.#rows.delete(key);
    else this.#rows.set(key, next);
    return [{ 1: 1 }];
  }
}

class Sqlite {
  #table = new Table();

  prepare(text) {
    return { get: (...values) => this.#table.run(text, values).at(0) };
  }
}

class D1 {
  #table = new Table();

  prepare(text) {
    return { bind: (...values) => [text, values] };
  }

  async batch(statements) {
    return statements.map(([text, values]) => ({ results: this.#table.run(text, values) }));
  }
}

class Postgres {
  #table = new Table();

  async query(text, values) {
    if (text.includes("LIMIT")) return { rows: [] };
    const [key, second] = values;
    const current = this.#table.current(key);
    const three = values.length > 2 ? [key, values.length > 3 ? values[3] : null, second] : [];
    const change = three.length > 0 ? three : [key, values.length > 1 ? second : "none", null];
    return { rows: [{ changed: this.#table.swapped(...change).length > 0, current }] };
  }
}

class Redis {
  #table = new Table();

  async script(key, expected, next) {
    const text = (marked) => (marked === "" ? null : marked.slice(1));
    const current = this.#table.current(key);
    if (current !== text(expected)) return [0, current];
    this.#table.swapped(key, current, text(next));
    return [1];
  }
}

class Ioredis extends Redis {
  defineCommand() {}

  eval(_, count, key, ...rest) {
    if (count !== 1) throw new Error("one key");
    return this.script(key, ...rest);
  }
}

class NodeRedis extends Redis {
  eval(_, options) {
    if (Object.keys(options).join() !== "keys,arguments") throw new Error("options");
    return this.script(options.keys[0], ...options.arguments);
  }
}

class Named {
  #objects = new Map();
  #make;

  constructor(make) {
    this.#make = make;
  }

  getByName(name) {
    if (!this.#objects.has(name)) this.#objects.set(name, this.#make(name));
    return this.#objects.get(name);
  }
}

class ById {
  #named;

  constructor(make) {
    this.#named = new Named(make);
  }

  idFromName(name) {
    return { name };
  }

  get({ name }) {
    return this.#named.getByName(name);
  }
}

function wrongClients({ PostsealClaims, ...stores }) {
  const cases = {
    "a Durable Object": async () => {
      const object = new PostsealClaims({ storage: { sql: new Table() } });
      const { told } = await object.fetch({ json: async () => ["key", null, "a", 60] });
      return told;
    },
    "rows that lack what was asked for": () =>
      stores.postgresStore({ query: async () => ({ rows: [{}] }) }).swap("key", null, "a", 60),
    "no rows": () =>
      stores.postgresStore({ query: async () => ({ rows: [] }) }).swap("key", null, "a", 60),
    "results that lack rows": () =>
      stores
        .d1Store({ prepare: () => ({ bind: () => 0 }), batch: async () => [{}, {}] })
        .swap("key", null, "a", 60)
        .catch((error) => error.name),
    "an object's answer that lacks it": () =>
      stores
        .durableObjectStore({ getByName: () => ({ fetch: async () => new FakeResponse("{}") }) })
        .swap("key", null, "a", 60),
    "Redis's answer that is empty": () =>
      stores.redisStore({ eval: async () => [] }).swap("key", null, "a", 60),
  };
  for (const name of Object.keys(stores).filter((name) => /[a-z](Store|Limit)$/.test(name))) {
    cases[`${name} of an empty object`] = () => stores[name]({}, { requests: 1, perSeconds: 1 });
  }
  return cases;
}

function limitCases({ redisLimit }) {
  const limit = (answer, rule = { requests: 5, perSeconds: 1 }) =>
    redisLimit({ eval: async () => answer }, rule);
  return {
    "a limit that admits": async () => Object.entries(await limit([1, 1])({ key: "a" })),
    "a limit that refuses": async () => Object.entries(await limit([0, 1])({ key: "a" })),
    "a limit without an answer": () => limit([])({ key: "a" }),
    "a limit with a hole": () => limit(new Array(2))({ key: "a" }),
    "a limit without a key": () => limit([1, 1])({}),
    "a limit without a rule": () => limit([1, 1], {}),
  };
}
