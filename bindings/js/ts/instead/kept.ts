// Receivers and senders of a secret that comes with each call, as the libraries have it whose
// shapes stand in this folder.
//
// Their users make a `Webhook` for each request, and not every runtime tells when it is gone: what
// stands for it in the module is kept here, and is freed when others are used.
import { Receiver, Sender, WebhookError } from "../index.js";
import { bare } from "../own.js";
import type { BodyInput, Delivery, HeadersInput, Instant, Scheme, Sealed } from "../types.js";

/** The most that a receiver takes, since the other libraries have no limit: 32 MiB. */
export const BODY_BYTES_MAX = 32 << 20;
/** An instant for a scheme that has no time in its signature: no clock is asked. */
export const ANY_TIME = 1_000_000_000;
/** Of each kind: a service has few secrets, and one of many tenants makes them anew. */
const KEPT_MAX = 16;

/** A secret in the scheme's own form, or the key itself as text. */
export interface Secret {
  readonly text: string;
  readonly encoding?: "text";
}
export interface Terms {
  readonly now?: Instant | undefined;
  /** Default: the receiver's own. */
  readonly toleranceSeconds?: number | undefined;
}

const receivers = new Map<string, Receiver>();
const senders = new Map<string, Sender>();

/** Throws `invalid_secret` or `invalid_config`. */
export function receiverOf(
  scheme: Scheme,
  secret: Secret,
  toleranceSeconds?: number | undefined,
): Receiver {
  const tolerance = toleranceSeconds === undefined ? {} : { toleranceSeconds };
  const options = { scheme, maxBodyBytes: BODY_BYTES_MAX, ...tolerance };
  return kept(receivers, [scheme, toleranceSeconds], secret, (secrets) => {
    return new Receiver({ ...options, secrets });
  });
}

/** Verifies. Throws a WebhookError. */
export function open(
  scheme: Scheme,
  secret: Secret,
  headers: HeadersInput,
  body: BodyInput,
  terms: Terms = {},
): Delivery {
  const { now, toleranceSeconds } = bare(terms);
  const receiver = receiverOf(scheme, secret, toleranceSeconds);
  return receiver.open(headers, body, now === undefined ? {} : { now });
}

/** Signs. Throws a WebhookError. */
export function seal(
  scheme: Scheme,
  secret: Secret,
  id: string,
  payload: Uint8Array | string,
  now: Instant,
): Sealed["headers"] {
  const sender = kept(senders, [scheme], secret, (secrets) => {
    return new Sender({ scheme, maxBodyBytes: BODY_BYTES_MAX, secrets });
  });
  return sender.seal({ id, payload }, { now }).headers;
}

/** HMAC-SHA256 in lower-case hexadecimal: GitHub's signature is one of the body alone. */
export function hmac(secret: string, payload: Uint8Array | string): string {
  const headers = seal("github", { text: secret }, "hmac", payload, ANY_TIME);
  return (headers["X-Hub-Signature-256"] as string).slice("sha256=".length);
}

/**
 * Whether it is the message that is refused, and not the caller or the host that is wrong; or one
 * of `codes`.
 */
export function isRefusal(error: unknown, codes: readonly string[] = []): error is WebhookError {
  if (!WebhookError.is(error)) return false;
  return error.status === 401 || error.status === 413 || codes.includes(error.code);
}

export function invalid(message: string): WebhookError {
  return new WebhookError("invalid_config", message);
}

/** The one that was made with this secret on these terms, or a new one. */
function kept<T extends Disposable>(
  all: Map<string, T>,
  terms: readonly unknown[],
  given: Secret,
  make: (secret: string | { secret: string; encoding: "text" }) => T,
): T {
  const { text, encoding } = bare(given);
  if (typeof text !== "string") {
    throw new WebhookError("invalid_secret", "the secret must be a string");
  }
  const key = [...terms, encoding, text].join("\0");
  const found = all.get(key) ?? make(encoding === undefined ? text : { secret: text, encoding });
  // The last used stands last.
  all.delete(key);
  all.set(key, found);
  const [oldest] = all.keys();
  if (all.size > KEPT_MAX && oldest !== undefined) {
    all.get(oldest)?.[Symbol.dispose]();
    all.delete(oldest);
  }
  return found;
}
