// One call with a key of its own, as the libraries have it whose shapes stand in this folder: what
// the module holds of a key goes with the call.
//
// Their users make a `Webhook` for each request, and not every runtime tells when it is gone.
import { Receiver, Sender, WebhookError } from "../index.js";
import type {
  BodyInput,
  Delivery,
  HeadersInput,
  Instant,
  Scheme,
  Sealed,
  SecretInput,
} from "../types.js";

/** The most that a receiver takes, since the other libraries have no limit: 32 MiB. */
export const BODY_BYTES_MAX = 32 << 20;
/** An instant for a scheme that has no time in its signature: no clock is asked. */
export const ANY_TIME = 1_000_000_000;

const receivers = new Map<Scheme, Receiver>();

export interface Terms {
  readonly now?: Instant | undefined;
  /** Default: the receiver's own. */
  readonly toleranceSeconds?: number | undefined;
}

/** Verifies. Throws a WebhookError. */
export function openOnce(
  scheme: Scheme,
  secret: SecretInput,
  headers: HeadersInput,
  body: BodyInput,
  { now, toleranceSeconds }: Terms = {},
): Delivery {
  const context = { keys: { secrets: secret }, ...(now === undefined ? {} : { now }) };
  if (toleranceSeconds === undefined) return receiverOf(scheme).open(headers, body, context);
  const receiver = new Receiver({ scheme, maxBodyBytes: BODY_BYTES_MAX, toleranceSeconds });
  try {
    return receiver.open(headers, body, context);
  } finally {
    receiver[Symbol.dispose]();
  }
}

/** Signs. Throws a WebhookError. */
export function sealOnce(
  scheme: Scheme,
  secret: SecretInput,
  id: string,
  payload: Uint8Array | string,
  now: Instant,
): Sealed["headers"] {
  const sender = new Sender({ scheme, secrets: secret, maxBodyBytes: BODY_BYTES_MAX });
  try {
    return sender.seal({ id, payload }, { now }).headers;
  } finally {
    sender[Symbol.dispose]();
  }
}

/** HMAC-SHA256 in lower-case hexadecimal: GitHub's signature is one of the body alone. */
export function hmac(secret: string, payload: Uint8Array | string): string {
  const headers = sealOnce("github", secret, "hmac", payload, ANY_TIME);
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

function receiverOf(scheme: Scheme): Receiver {
  let receiver = receivers.get(scheme);
  if (receiver === undefined) {
    receiver = new Receiver({ scheme, maxBodyBytes: BODY_BYTES_MAX });
    receivers.set(scheme, receiver);
  }
  return receiver;
}
