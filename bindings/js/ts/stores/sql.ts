// The statements of the stores in SQLite, which D1 and Durable Objects are too: on SQLite's clock.
import { member } from "../own.js";
import { type Asked, SWEEP_ROWS_MAX } from "./database.js";

/**
 * The table of `sqliteStore` and `d1Store`: run it once, as a migration. Each statement is a line,
 * as D1's `exec` asks.
 */
export const sqliteSchema: string = `\
CREATE TABLE IF NOT EXISTS postseal_claims (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, \
expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS postseal_claims_expires_at ON postseal_claims (expires_at);
`;

/** A statement, and what its question marks stand for. */
export type Statement = readonly [text: string, ...values: (string | number)[]];

/** Milliseconds of Unix time. */
const NOW = "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)";
const EXPIRY = `${NOW} + ? * 1000`;

const READ = `SELECT value FROM postseal_claims WHERE key = ? AND expires_at > ${NOW}`;
const CLAIM = `\
INSERT INTO postseal_claims (key, value, expires_at) VALUES (?, ?, ${EXPIRY})
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
WHERE postseal_claims.expires_at <= ${NOW} RETURNING 1`;
const REPLACE = `\
UPDATE postseal_claims SET value = ?, expires_at = ${EXPIRY}
WHERE key = ? AND value = ? AND expires_at > ${NOW} RETURNING 1`;
const REMOVE = `\
DELETE FROM postseal_claims WHERE key = ? AND value = ? AND expires_at > ${NOW} RETURNING 1`;
const REMOVE_EXPIRED = `\
DELETE FROM postseal_claims WHERE key = ? AND expires_at <= ${NOW} RETURNING 1`;
const SWEEP = `\
DELETE FROM postseal_claims WHERE key IN (
  SELECT key FROM postseal_claims WHERE expires_at <= ${NOW}
  ORDER BY expires_at LIMIT ${SWEEP_ROWS_MAX}
) RETURNING 1`;

/** The live value of a key: a row with `value`, or no row. */
export function read(key: string): Statement {
  return [READ, key];
}

/** What changes the row if it holds what is expected, and then answers with one row. */
export function change(...[key, expected, next, ttlSeconds]: Asked): Statement {
  if (next === null) return expected === null ? [REMOVE_EXPIRED, key] : [REMOVE, key, expected];
  if (expected === null) return [CLAIM, key, next, ttlSeconds];
  return [REPLACE, next, ttlSeconds, key, expected];
}

/** What deletes rows that have expired: a bounded number. */
export function sweep(): Statement {
  return [SWEEP];
}

/** The value in the row that `read` has given, if it has given one. */
export function valueIn(row: unknown): string | null {
  return (member(row, "value") as string | undefined) ?? null;
}
