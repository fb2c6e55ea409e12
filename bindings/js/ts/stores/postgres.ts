// Claims in Postgres: one statement a swap, on the server's clock.
import { elements, member } from "../own.js";
import type { Store } from "../types.js";
import { databaseStore, SWEEP_ROWS_MAX, sweeps, told, withMethods } from "./database.js";

/** The table of `postgresStore`: run it once, as a migration. */
export const postgresSchema: string = `\
CREATE TABLE IF NOT EXISTS postseal_claims (
  key text COLLATE "C" PRIMARY KEY,
  value text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS postseal_claims_expires_at ON postseal_claims (expires_at);
`;

const NOW = "statement_timestamp()";
const EXPIRY = `${NOW} + $3 * interval '1 second'`;

// Under READ COMMITTED a statement that waits for another's row judges the row as that leaves it.
const CLAIM = `\
INSERT INTO postseal_claims AS held (key, value, expires_at)
VALUES ($1, $2::text, ${EXPIRY})
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
WHERE held.expires_at <= ${NOW}`;
const REPLACE = `\
UPDATE postseal_claims SET value = $2::text, expires_at = ${EXPIRY}
WHERE key = $1 AND value = $4 AND expires_at > ${NOW}`;
const REMOVE = `\
DELETE FROM postseal_claims WHERE key = $1 AND value = $2 AND expires_at > ${NOW}`;
const REMOVE_EXPIRED = `\
DELETE FROM postseal_claims WHERE key = $1 AND expires_at <= ${NOW}`;

/** Rows that another has locked are left: a sweep waits for nobody, so nothing is deadlocked. */
const SWEEP = `\
DELETE FROM postseal_claims WHERE key IN (
  SELECT key FROM postseal_claims WHERE expires_at <= ${NOW}
  ORDER BY expires_at LIMIT ${SWEEP_ROWS_MAX} FOR UPDATE SKIP LOCKED
)`;

/**
 * Claims in the table of `postgresSchema`, through a `Pool` or `Client` of `pg`, or what has their
 * `query`. Each swap commits for itself, so a client must not be in a transaction of yours. New
 * claims sweep expired rows now and then. Throws `invalid_config`.
 */
export function postgresStore(client: {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}): Store {
  withMethods(client, ["query"], "a `Pool` or a `Client` of `pg`");
  return databaseStore(async (key, expected, next, ttlSeconds) => {
    if (sweeps(expected, next)) await client.query(SWEEP, []);
    const [change, values] = statement(key, expected, next, ttlSeconds);
    const [row] = elements(member(await client.query(telling(change), values), "rows"));
    return told(row);
  });
}

function statement(
  key: string,
  expected: string | null,
  next: string | null,
  ttlSeconds: number,
): [string, unknown[]] {
  if (next !== null) {
    const values = [key, next, ttlSeconds];
    return expected === null ? [CLAIM, values] : [REPLACE, [...values, expected]];
  }
  return expected === null ? [REMOVE_EXPIRED, [key]] : [REMOVE, [key, expected]];
}

/** A change that also returns the value from before the statement. */
function telling(change: string): string {
  return `\
WITH changed AS (${change} RETURNING 1)
SELECT EXISTS (SELECT FROM changed) AS changed,
  (SELECT value FROM postseal_claims WHERE key = $1 AND expires_at > ${NOW}) AS current`;
}
