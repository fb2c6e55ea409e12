// Claims in Cloudflare's D1: one batch a swap, which D1 runs as one transaction.
import { element, elements, member } from "../own.js";
import type { Store } from "../types.js";
import { databaseStore, sweeps, withMethods } from "./database.js";
import { change, read, type Statement, sweep, valueIn } from "./sql.js";

interface Prepared {
  bind(...values: (string | number)[]): never;
}

/**
 * Claims in the table of `sqliteSchema`, through a D1 binding. New claims sweep expired rows now
 * and then. Throws `invalid_config`.
 */
export function d1Store(database: {
  prepare(sql: string): unknown;
  batch(statements: never[]): Promise<unknown>;
}): Store {
  withMethods(database, ["prepare", "batch"], "a D1 database");
  const bound = ([text, ...values]: Statement): never =>
    (database.prepare(text) as Prepared).bind(...values);
  return databaseStore(async (...asked) => {
    const [key, expected, next] = asked;
    const also = sweeps(expected, next) ? [sweep()] : [];
    const statements = [change(...asked), read(key), ...also];
    const [changed, current] = elements(await database.batch(statements.map(bound)));
    return { changed: rows(changed).length > 0, current: valueIn(element(rows(current), 0)) };
  });
}

function rows(result: unknown): unknown[] {
  return elements(member(result, "results"));
}
