// Claims in Durable Objects: each holds its share of the keys in its own SQLite, and does one thing
// at a time.
import { bare, element, has, member } from "../own.js";
import type { Store } from "../types.js";
import { type Asked, databaseStore, sweeps, type Told, told, withMethods } from "./database.js";
import { change, read, type Statement, sqliteSchema, sweep, valueIn } from "./sql.js";

/**
 * One object serves some hundred requests a second. INVARIANT: it is never changed, since a key
 * that moves to another object is forgotten.
 */
const OBJECTS = 64;
const JSON_TYPE: [string, string][] = [["content-type", "application/json"]];

type Namespace =
  | { getByName(name: string): unknown }
  | { idFromName(name: string): unknown; get(id: never): unknown };

interface Stub {
  fetch(url: string, init: { method: string; body: string }): Promise<Response>;
}

/** What a Durable Object gets of its storage. */
interface State {
  readonly storage: {
    readonly sql: {
      exec(text: string, ...values: (string | number)[]): { toArray(): unknown[] };
    };
  };
}

/**
 * The Durable Object of `durableObjectStore`: export it from the Worker, and name it under
 * `new_sqlite_classes` in a migration. It makes its table itself, and its new claims sweep expired
 * rows now and then.
 */
export class PostsealClaims {
  /** What Cloudflare's types know the class of a Durable Object by. */
  declare readonly __DURABLE_OBJECT_BRAND: never;
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
    this.#rows([sqliteSchema]);
  }

  /** A swap, as JSON; only who has the binding can ask. */
  async fetch(request: Request): Promise<Response> {
    const { changed, current } = this.#told((await request.json()) as Asked);
    // Without a prototype, which could have a `toJSON`.
    return new Response(JSON.stringify(bare({ changed, current })), bare({ headers: JSON_TYPE }));
  }

  /** INVARIANT: nothing is awaited here, so nothing comes between the statements. */
  #told(asked: Asked): Told {
    const [key, expected, next] = asked;
    if (sweeps(expected, next)) this.#rows(sweep());
    const changed = this.#rows(change(...asked)).length > 0;
    return { changed, current: valueIn(element(this.#rows(read(key)), 0)) };
  }

  #rows([text, ...values]: Statement): unknown[] {
    return this.#state.storage.sql.exec(text, ...values).toArray();
  }
}

/**
 * Claims in 64 Durable Objects of the class `PostsealClaims`, through the binding of its namespace.
 * Throws `invalid_config`.
 */
export function durableObjectStore(namespace: Namespace): Store {
  const named = typeof member(namespace, "getByName") === "function";
  const methods = named ? ["getByName"] : ["idFromName", "get"];
  withMethods(namespace, methods, "a namespace of Durable Objects");
  return databaseStore(async (...asked) => {
    const stub = stubOf(namespace, `claims-${share(asked[0])}`) as Stub;
    // One by one, since an array could inherit a `toJSON`.
    const body = `[${asked.map((part) => JSON.stringify(part)).join()}]`;
    const init = bare({ method: "POST", body });
    const answer = await stub.fetch("https://postseal.invalid/", init);
    if (!answer.ok) throw new Error(`the Durable Object answered ${answer.status}`);
    return told(await answer.json());
  });
}

function stubOf(namespace: Namespace, name: string): unknown {
  return has(namespace, "getByName")
    ? namespace.getByName(name)
    : namespace.get(namespace.idFromName(name) as never);
}

/** Which object holds a key. A claim's key ends in a hash, so any even spread will do: FNV-1a. */
function share(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash % OBJECTS;
}
