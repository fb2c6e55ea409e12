// Claims in a SQLite file, which the processes of one machine share.
import { WebhookError } from "../error.js";
import { has } from "../own.js";
import type { Store } from "../types.js";
import { databaseStore, sweeps, withMethods } from "./database.js";
import { change, read, type Statement, sweep, valueIn } from "./sql.js";

/** A statement of better-sqlite3 or of `node:sqlite`. */
interface Prepared {
  get(...values: (string | number)[]): unknown;
}

/**
 * Claims in the table of `sqliteSchema`, through a `Database` of better-sqlite3 or a `DatabaseSync`
 * of `node:sqlite`, with SQLite 3.42 or later. Several processes want `PRAGMA journal_mode = WAL`
 * and a busy timeout. New claims sweep expired rows now and then. Throws `invalid_config`.
 */
export function sqliteStore(database: { prepare(sql: string): unknown }): Store {
  withMethods(database, ["prepare"], "a better-sqlite3 `Database` or a `DatabaseSync`");
  if (has(database, "batch")) {
    throw new WebhookError("invalid_config", "the database is of D1: `d1Store` takes it");
  }
  const get = ([text, ...values]: Statement): unknown =>
    (database.prepare(text) as Prepared).get(...values);
  return databaseStore(async (...asked) => {
    const [key, expected, next] = asked;
    // Read first: what is refused takes no lock that keeps others from writing.
    const current = valueIn(get(read(key)));
    if (current !== expected) return { changed: false, current };
    if (sweeps(expected, next)) get(sweep());
    return { changed: isRow(get(change(...asked))), current };
  });
}

/** better-sqlite3 and `node:sqlite` say `undefined` for none, Bun `null`. */
function isRow(row: unknown): boolean {
  return row !== undefined && row !== null;
}
