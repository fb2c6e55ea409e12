// Claims and rate limits in Redis: the core's scripts, each one atomic step on the server.
import { WebhookError } from "../error.js";
import { members } from "../options.js";
import { bare, elements, has, member } from "../own.js";
import type { Store } from "../types.js";
import {
  LIMIT_PER_SECONDS_MAX,
  LIMIT_REQUESTS_MAX,
  RATE_LIMIT_SCRIPT,
  SWAP_SCRIPT,
} from "./scripts.js";

/** Length of what is limited: a header that a stranger sends is not a key of any size. */
const LIMIT_KEY_LENGTH_MAX = 1024;

/** ioredis; node-redis 4 or later; or an object of your own with node-redis's `eval`. */
export type RedisClient =
  | {
      eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
      defineCommand: unknown;
    }
  | {
      eval(
        script: string,
        options: { keys?: string[]; arguments?: string[] },
      ): Promise<unknown>;
    };

type Script = (key: string, ...args: string[]) => Promise<unknown>;

/**
 * Claims in Redis 5 or later, on its clock. They must outlive their retention: with
 * `maxmemory-policy noeviction` Redis forgets none early. Throws `invalid_config`.
 */
export function redisStore(client: RedisClient): Store {
  const swap = script(client, SWAP_SCRIPT);
  return {
    async swap(key, expected, next, ttlSeconds) {
      const answer = await swap(key, marked(expected), marked(next), String(ttlSeconds));
      const [swapped, current] = elements(answer);
      return Number(swapped) === 1
        ? { swapped: true, current: next }
        : { swapped: false, current: (current as string | null | undefined) ?? null };
    },
  };
}

/**
 * A rate limit that all who use one Redis share: `limit: (request) => limiter({ key })`. In any
 * window of `w` seconds at most `requests + w * requests / perSeconds` pass; a refused request
 * changes nothing. `key` says what is limited, in 1 to 1024 characters; `requests` is 1 to 1000000,
 * `perSeconds` 1 to 86400. Throws `invalid_config`, and `store_unavailable` where Redis does not
 * answer.
 */
export function redisLimit(
  client: RedisClient,
  rule: { requests: number; perSeconds: number },
): (input: { key: string }) => Promise<{ success: boolean; retryAfterSeconds?: number }> {
  const decide = script(client, RATE_LIMIT_SCRIPT);
  const given = members(rule, ["requests", "perSeconds"], "the rule of the limit");
  const requests = whole(given["requests"], "requests", LIMIT_REQUESTS_MAX);
  const perSeconds = whole(given["perSeconds"], "perSeconds", LIMIT_PER_SECONDS_MAX);
  return async (input) => {
    const { key } = members(input, ["key"], "the limiter's input");
    if (typeof key !== "string" || key === "" || key.length > LIMIT_KEY_LENGTH_MAX) {
      throw invalid(`\`key\` must be a string of 1 to ${LIMIT_KEY_LENGTH_MAX} characters`);
    }
    const name = `postseal:limit:v1:${requests}/${perSeconds}:${key}`;
    return outcome(await answered(decide(name, requests, perSeconds)));
  };
}

/** The client's way to run a script that has one key. */
function script(client: RedisClient, text: string): Script {
  if (typeof member(client, "eval") !== "function") {
    throw invalid("the Redis client must be one of ioredis, or of node-redis 4 or later");
  }
  if (has(client, "defineCommand")) {
    return async (key, ...args) => client.eval(text, 1, key, ...args);
  }
  return async (key, ...args) => client.eval(text, bare({ keys: [key], arguments: args }));
}

/** A text behind a mark, so that an empty one is told from none. */
function marked(text: string | null): string {
  return text === null ? "" : `=${text}`;
}

function whole(value: unknown, name: string, max: number): string {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max) {
    return String(value);
  }
  throw invalid(`\`${name}\` must be a whole number, 1 to ${max}`);
}

async function answered(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (cause) {
    throw new WebhookError("store_unavailable", "Redis did not answer", { cause });
  }
}

function outcome(answer: unknown): { success: boolean; retryAfterSeconds?: number } {
  const [admitted, seconds] = Array.isArray(answer) ? elements(answer).map(Number) : [];
  if (admitted === 1) return { success: true };
  if (admitted === 0 && (seconds as number) >= 1) {
    return { success: false, retryAfterSeconds: seconds as number };
  }
  throw new WebhookError("store_unavailable", "Redis's answer is not that of the script");
}

function invalid(message: string): WebhookError {
  return new WebhookError("invalid_config", message);
}
