// The one error class: a stable code, a sentence for the operator, and the outward answer.
import type { Bytes } from "./bytes.js";
import { type ErrorCode, type ErrorStatus, STATUS } from "./codes.js";
import { bare, member } from "./own.js";

/** The same symbol in every copy of this package. */
const BRAND: unique symbol = Symbol.for("postseal.WebhookError") as never;
/**
 * Where nothing better is known: long enough for a restart, short enough for a sender's patience.
 */
const RETRY_AFTER_SECONDS = 10;
/** A longer wait is another's mistake: senders give up before. */
const RETRY_AFTER_SECONDS_MAX = 86_400;
const RETRIED: readonly ErrorStatus[] = [429, 503];
const REFUSED = "webhook refused\n";
const TEXT = ["content-type", "text/plain; charset=utf-8"] as const;

/** An answer as plain data, for platforms that take no `Response`. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Bytes | string;
}

/** Not a member: nothing of it shows where an error is logged. */
const retryAfter = new WeakMap<object, number>();

export class WebhookError extends Error {
  /** `WebhookError`, or that of the library whose shape a drop-in has. */
  declare readonly name: string;
  readonly code: ErrorCode;
  readonly status: ErrorStatus;

  /** @internal */
  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfterSeconds?: number },
  ) {
    const given: typeof options = bare({ ...options });
    super(message, given);
    this.code = code;
    this.status = STATUS[code];
    if (given.retryAfterSeconds !== undefined) retryAfter.set(this, given.retryAfterSeconds);
  }

  /** True also for an error of another copy of this package (ESM beside CJS). */
  static is(value: unknown): value is WebhookError {
    return (
      typeof value === "object" &&
      value !== null &&
      (value as { [BRAND]?: unknown })[BRAND] === true
    );
  }

  /**
   * The one outward answer: status, constant text, `Retry-After` where it applies. Never the code
   * or the message.
   */
  toResponse(): Response {
    const { status, headers, body } = refusal(this);
    return new Response(body, bare({ status, headers: headers as [string, string][] }));
  }

  toJSON(): { code: ErrorCode; message: string; status: number } {
    return { code: this.code, message: this.message, status: this.status };
  }
}

Object.defineProperty(WebhookError.prototype, "name", bare({ value: "WebhookError" }));
Object.defineProperty(WebhookError.prototype, BRAND, bare({ value: true }));

/** What a peer is told: the same text for every status, and nothing of the reason. */
export function refusal(error: { status: number; code?: ErrorCode }): PlainAnswer {
  const { status } = error;
  const isRetried = RETRIED.includes(status as ErrorStatus);
  if (!isRetried && member(error, "code") !== "in_progress") {
    return { status, headers: [TEXT], body: REFUSED };
  }
  const seconds = Math.ceil(retryAfter.get(error) ?? RETRY_AFTER_SECONDS);
  const bounded = Math.min(Math.max(seconds, 1), RETRY_AFTER_SECONDS_MAX);
  return { status, headers: [TEXT, ["retry-after", String(bounded)]], body: REFUSED };
}
