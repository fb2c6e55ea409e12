// What the SQL stores have in common: a statement that swaps or does not, and what it then says.
import { WebhookError } from "../error.js";
import { member } from "../own.js";
import type { Store } from "../types.js";

/** Each round that is lost means that another has come first. */
const ROUNDS_MAX = 8;
/** One new claim in so many sweeps ... */
const SWEEP_EVERY = 32;
/** ... so many expired rows at most: several times what has been added since, in a short moment. */
export const SWEEP_ROWS_MAX = 256;

/** What a swap asks for, as `Store` has it. */
export type Asked = Parameters<Store["swap"]>;

/** What a database says: whether it has changed the row, and the live value that it sees. */
export interface Told {
  readonly changed: boolean;
  readonly current: string | null;
}

/** A database's answer, from the row or the object that its driver returns. */
export function told(answer: unknown): Told {
  return {
    changed: member(answer, "changed") as boolean,
    current: member(answer, "current") as string | null,
  };
}

/**
 * A store whose `attempt` changes the row if it holds what is expected. It may read the value a
 * moment before or after that: where it reads what was expected, though it has changed nothing,
 * another came between, and it is asked again.
 */
export function databaseStore(attempt: (...asked: Asked) => Promise<Told>): Store {
  return {
    async swap(key, expected, next, ttlSeconds) {
      for (let left = ROUNDS_MAX; left > 0; left -= 1) {
        const { changed, current } = await attempt(key, expected, next, ttlSeconds);
        // Nothing expected and nothing written: there is no row to change.
        const idle = expected === null && next === null && current === null;
        if (changed || idle) return { swapped: true, current: next };
        if (current !== expected) return { swapped: false, current };
      }
      throw new WebhookError("store_unavailable", "the row changed in every round");
    },
  };
}

/** Whether this swap is to sweep, too: by chance, since a process may live for one claim only. */
export function sweeps(expected: string | null, next: string | null): boolean {
  return expected === null && next !== null && Math.random() * SWEEP_EVERY < 1;
}

/** The client, if it has these methods; else `invalid_config` says what it must be. */
export function withMethods<C>(client: C, methods: readonly string[], what: string): C {
  const missing = methods.some((name) => typeof member(client, name) !== "function");
  if (missing) throw new WebhookError("invalid_config", `the store takes ${what}`);
  return client;
}
