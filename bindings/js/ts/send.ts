// Posts one message, attempt after attempt. What follows an attempt is the core's decision; this
// file waits and posts.
import { WebhookError } from "./error.js";
import { members } from "./options.js";
import { bare, member } from "./own.js";
import { decide } from "./retry.js";
import type { Sealed, SendOptions, SendResult } from "./types.js";

/** A slow receiver's patience: a webhook's answer should come at once. */
const TIMEOUT_MS = 15_000;
/** An hour: beyond it, a queue that outlives this process is the better place. */
const MAX_ELAPSED_MS = 3_600_000;
/** The longest that setTimeout can wait. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const NO_ANSWER: Answer = { status: null, retryAfter: null };

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
  const names = ["maxAttempts", "maxElapsedMs", "timeoutMs", "signal", "fetch"];
  const given = members(options, names, "the send options") as SendOptions;
  const url = destination(to);
  const { maxAttempts } = given;
  const timeoutMs = milliseconds(given.timeoutMs, TIMEOUT_MS, "timeoutMs");
  const maxElapsedMs = milliseconds(given.maxElapsedMs, MAX_ELAPSED_MS, "maxElapsedMs");
  const signal = abortSignal(given.signal);
  const post = poster(url, given.fetch, signal);
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

/** By what it does, since a signal may come from another realm or a polyfill. */
function abortSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  const methods = ["addEventListener", "removeEventListener", "throwIfAborted"] as const;
  try {
    if (signal === undefined) return undefined;
    const complete = methods.every((name) => typeof member(signal, name) === "function");
    if (complete && typeof member(signal, "aborted") === "boolean") return signal;
  } catch {
    // One of its getters throws: refused as well.
  }
  throw new WebhookError("invalid_config", "`signal` must be an AbortSignal");
}

function poster(
  url: URL,
  given: typeof fetch | undefined,
  signal: AbortSignal | undefined,
): (sealed: Sealed, timeoutMs: number) => Promise<Answer> {
  const fetcher = given ?? member(globalThis, "fetch");
  if (typeof fetcher !== "function")
    throw new WebhookError("invalid_config", "`fetch` must be a function");
  return async ({ headers, body }, timeoutMs) => {
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    const timer = setTimeout(abort, timeoutMs);
    const unwatch = onAbort(signal, abort);
    try {
      const init = bare({
        method: "POST",
        headers,
        body,
        redirect: "manual" as const,
        signal: attempt.signal,
      });
      return answer(await Promise.race([fetcher(url, init), aborted(attempt.signal)]));
    } catch {
      // No answer: refused, cut off, or too late. Why is the network's affair; that it failed is
      // enough.
      signal?.throwIfAborted();
      return NO_ANSWER;
    } finally {
      clearTimeout(timer);
      unwatch();
    }
  };
}

/** Rejects when the signal fires, also where a given fetch does not mind it. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    onAbort(signal, () => reject(signal.reason as Error));
  });
}

/** Runs when the signal fires, or now where it has: it fires once. Returns what undoes this. */
function onAbort(signal: AbortSignal | undefined, run: () => void): () => void {
  if (signal?.aborted === true) run();
  else signal?.addEventListener("abort", run);
  return () => signal?.removeEventListener("abort", run);
}

/**
 * The status is the whole answer, so it is read first: what a given fetch lacks besides must not
 * make a message that was taken pass for one that was not.
 */
function answer(response: Response): Answer {
  const status = member(response, "status") as number;
  discard(response);
  // A browser hides a redirect's status behind 0.
  if (!Number.isInteger(status) || status < 100 || status > 599) return NO_ANSWER;
  return { status, retryAfter: retryAfter(response) };
}

/** A body may never end, so it is not read. That of node-fetch is a Node stream. */
function discard(response: Response): void {
  try {
    const body = member(response, "body") as { cancel(): unknown; destroy(): unknown } | null;
    const end = (["cancel", "destroy"] as const).find(
      (name) => typeof member(body, name) === "function",
    );
    const ended = end && body?.[end]();
    Promise.resolve(ended).catch(() => {});
  } catch {
    // It stays open until the other side ends it.
  }
}

function retryAfter(response: Response): string | null {
  try {
    const text: unknown = member(response, "headers")?.get("retry-after");
    return typeof text === "string" ? text : null;
  } catch {
    return null;
  }
}

function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      unwatch();
      resolve();
    }, delayMs);
    const unwatch = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    });
  });
}
