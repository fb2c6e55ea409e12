// Claims in this process's memory: for tests, and for a service of a single process. Gone with the
// process.
import { WebhookError } from "../error.js";
import { members } from "../options.js";
import type { Store } from "../types.js";
import { type Expiring, ExpiryQueue } from "./expiry.js";

/** At some 300 bytes each: 30 MB. */
const KEYS_MAX_DEFAULT = 100_000;
/** As many queue entries may be stale as there are live ones, and these. */
const STALE_MAX = 1024;

interface Entry extends Expiring {
  readonly key: string;
  readonly value: string;
}

/**
 * A store that holds at most `maxKeys` keys (default 100000). Expired ones are swept; what is live
 * is never evicted, since a forgotten claim is a message taken twice: where all are live it throws
 * `store_unavailable`.
 */
export function memoryStore(options: { maxKeys?: number } = {}): Store {
  const given = members(options, ["maxKeys"], "the memory store's options");
  const maxKeys = given["maxKeys"] ?? KEYS_MAX_DEFAULT;
  if (!Number.isSafeInteger(maxKeys) || (maxKeys as number) < 1) {
    throw new WebhookError("invalid_config", "`maxKeys` must be a whole number, and at least 1");
  }
  return memory(maxKeys as number);
}

function memory(maxKeys: number): Store {
  const entries = new Map<string, Entry>();
  const queue = new ExpiryQueue<Entry>();

  function sweep(now: number): void {
    for (let entry = queue.take(now); entry !== undefined; entry = queue.take(now)) {
      // What was written again or deleted is stale in the queue.
      if (entries.get(entry.key) === entry) entries.delete(entry.key);
    }
  }

  function write(entry: Entry): void {
    if (!entries.has(entry.key) && entries.size >= maxKeys) {
      throw new WebhookError(
        "store_unavailable",
        `the memory store holds ${maxKeys} live keys: raise \`maxKeys\``,
      );
    }
    entries.set(entry.key, entry);
    queue.add(entry);
    // Each time is paid for by the writes that made as many entries stale.
    if (queue.size > 2 * entries.size + STALE_MAX) queue.reset(entries.values());
  }

  return {
    async swap(key, expected, next, ttlSeconds) {
      const now = Date.now();
      sweep(now);
      const current = entries.get(key)?.value ?? null;
      if (current !== expected) return { swapped: false, current };
      if (next === null) entries.delete(key);
      else write({ key, value: next, expiresAt: now + ttlSeconds * 1000 });
      return { swapped: true, current: next };
    },
  };
}
