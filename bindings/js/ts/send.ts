// Posts one message, attempt after attempt. What follows an attempt is the core's decision; this
// file waits and posts.
import { WebhookError } from "./error.js";
import { members } from "./options.js";
import { decide } from "./retry.js";
import type { Sealed, SendOptions, SendResult } from "./types.js";

/** A slow receiver's patience: a webhook's answer should come at once. */
const TIMEOUT_MS = 15_000;
/** An hour: beyond it, a queue that outlives this process is the better place. */
const MAX_ELAPSED_MS = 3_600_000;
/** The longest that setTimeout can wait. */
const TIMER_MS_MAX = 2 ** 31 - 1;

interface Answer {
  readonly status: number | null;
  readonly retryAfter: string | null;
}

/**
 * Checks where and how to send, before anything is encrypted; then sends what `sign` gives for each
 * attempt.
 */
export function deliver(
  to: string | URL,
  options: SendOptions,
): (sign: () => Sealed) => Promise<SendResult> {
  members(
    options,
    ["maxAttempts", "maxElapsedMs", "timeoutMs", "signal", "fetch"],
    "the send options",
  );
  const url = destination(to);
  const { maxAttempts, signal } = options;
  const timeoutMs = milliseconds(options.timeoutMs, TIMEOUT_MS, "timeoutMs");
  const maxElapsedMs = milliseconds(options.maxElapsedMs, MAX_ELAPSED_MS, "maxElapsedMs");
  const post = poster(url, options);
  // Refuses a bad `maxAttempts` now rather than after the first attempt.
  decide(1, null, null, maxAttempts);

  return async (sign) => {
    const end = Date.now() + maxElapsedMs;
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      const { status, retryAfter } = await post(sign(), Math.min(timeoutMs, end - Date.now()));
      const next = decide(attempt, status, retryAfter, maxAttempts);
      if (!next.retry) return { outcome: next.outcome, status, attempts: attempt };
      const delayMs = next.delaySeconds * 1000;
      if (Date.now() + delayMs >= end) return { outcome: "exhausted", status, attempts: attempt };
      await sleep(delayMs, signal);
    }
  };
}

/** Only `https:`; `http:` to this machine alone. */
function destination(to: string | URL): URL {
  let url: URL;
  try {
    url = new URL(String(to));
  } catch {
    throw new WebhookError("invalid_config", "the URL to send to is not a URL");
  }
  if (url.username !== "" || url.password !== "") {
    throw new WebhookError(
      "invalid_config",
      "the URL to send to must not hold a user name or password",
    );
  }
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && loopback)) return url;
  throw new WebhookError(
    "invalid_config",
    "the URL to send to must be https: (http: is for this machine alone)",
  );
}

function milliseconds(given: number | undefined, preset: number, name: string): number {
  const value = given ?? preset;
  if (typeof value === "number" && value >= 1 && value <= TIMER_MS_MAX) return value;
  throw new WebhookError("invalid_config", `\`${name}\` must be 1 to ${TIMER_MS_MAX} milliseconds`);
}

function poster(
  url: URL,
  options: SendOptions,
): (sealed: Sealed, timeoutMs: number) => Promise<Answer> {
  const { signal } = options;
  const fetcher = options.fetch ?? globalThis.fetch;
  if (typeof fetcher !== "function")
    throw new WebhookError("invalid_config", "`fetch` must be a function");
  return async ({ headers, body }, timeoutMs) => {
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    const timer = setTimeout(abort, timeoutMs);
    signal?.addEventListener("abort", abort);
    try {
      const init = {
        method: "POST",
        headers,
        body,
        redirect: "manual",
        signal: attempt.signal,
      } as const;
      return answer(await Promise.race([fetcher(url, init), aborted(attempt.signal)]));
    } catch {
      // No answer: refused, cut off, or too late. Why is the network's affair; that it failed is
      // enough.
      signal?.throwIfAborted();
      return { status: null, retryAfter: null };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  };
}

/** Rejects when the signal fires, also where a given fetch does not mind it. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

function answer(response: Response): Answer {
  // The status is the whole answer. A body may never end, so it is not read.
  response.body?.cancel().catch(() => {});
  // A browser hides a redirect's status behind 0.
  return { status: response.status || null, retryAfter: response.headers.get("retry-after") };
}

function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
