// The one error class: a stable code, a sentence for the operator, and the outward answer.
import { type ErrorCode, type ErrorStatus, STATUS } from "./codes.js";

/** The same symbol in every copy of this package. */
const BRAND: unique symbol = Symbol.for("postseal.WebhookError") as never;
/**
 * Where nothing better is known: long enough for a restart, short enough for a sender's patience.
 */
const RETRY_AFTER_SECONDS = 10;
const RETRIED: readonly ErrorStatus[] = [429, 503];

export class WebhookError extends Error {
  /** `WebhookError`, or that of the library whose shape a drop-in has. */
  declare readonly name: string;
  readonly code: ErrorCode;
  readonly status: ErrorStatus;

  /** @internal */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.status = STATUS[code];
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
    const headers = new Headers({ "content-type": "text/plain; charset=utf-8" });
    if (RETRIED.includes(this.status) || this.code === "in_progress") {
      headers.set("retry-after", String(RETRY_AFTER_SECONDS));
    }
    return new Response("webhook refused\n", { status: this.status, headers });
  }

  toJSON(): { code: ErrorCode; message: string; status: number } {
    return { code: this.code, message: this.message, status: this.status };
  }
}

Object.defineProperties(WebhookError.prototype, {
  name: { value: "WebhookError" },
  [BRAND]: { value: true },
});
