// Claims in this process's memory: for tests, and for a service of a single process. Gone with the
// process.
import { WebhookError } from "../error.js";
import type { Store } from "../types.js";

/** At some 300 bytes each: 30 MB. */
const KEYS_MAX_DEFAULT = 100_000;
/** Below this many keys nothing is swept. */
const SWEEP_KEYS_MIN = 1024;

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/**
 * A store that holds at most `maxKeys` keys (default 100000). Expired ones are swept; what is live
 * is never evicted, since a forgotten claim is a message taken twice: where all are live it throws
 * `store_unavailable`.
 */
export function memoryStore(options: { maxKeys?: number } = {}): Store {
  const maxKeys = options.maxKeys ?? KEYS_MAX_DEFAULT;
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 1) {
    throw new WebhookError("invalid_config", "`maxKeys` must be a whole number, and at least 1");
  }
  const entries = new Map<string, Entry>();
  let sweepAt = Math.min(SWEEP_KEYS_MIN, maxKeys);

  function makeRoom(now: number): void {
    if (entries.size < sweepAt) return;
    for (const [key, entry] of entries) if (entry.expiresAt <= now) entries.delete(key);
    if (entries.size >= maxKeys) {
      throw new WebhookError(
        "store_unavailable",
        `the memory store holds ${maxKeys} live keys: raise \`maxKeys\``,
      );
    }
    // Twice what is live: each sweep is paid for by as many new keys as it looks at.
    sweepAt = Math.min(Math.max(SWEEP_KEYS_MIN, 2 * entries.size), maxKeys);
  }

  return {
    async swap(key, expected, next, ttlSeconds) {
      const now = Date.now();
      const entry = entries.get(key);
      const current = entry !== undefined && entry.expiresAt > now ? entry.value : null;
      if (current !== expected) return { swapped: false, current };
      if (next === null) {
        entries.delete(key);
        return { swapped: true, current: null };
      }
      if (entry === undefined) makeRoom(now);
      entries.set(key, { value: next, expiresAt: now + ttlSeconds * 1000 });
      return { swapped: true, current: next };
    },
  };
}
