// `postseal/stripe`: the shape of `stripe.webhooks` of the npm package `stripe`, and of its
// CryptoProvider. What is refused beyond it, docs/moving.md says.
import { WebhookError } from "../index.js";
import { numeric } from "../options.js";
import { member } from "../own.js";
import type { BodyInput, Delivery } from "../types.js";
import { CryptoProvider, createCryptoProvider } from "./stripe_crypto.js";
import { StripeSignatureVerificationError } from "./stripe_error.js";
import { hmac, invalid, isRefusal, open } from "./kept.js";

export { CryptoProvider, StripeSignatureVerificationError };

/** Absent and empty are `missing_header`. */
export type WebhookHeader = string | readonly string[] | Uint8Array | null | undefined;
/** Of an event, what all have. Name stripe's own `Stripe.Event` for the rest. */
export interface StripeEvent {
  readonly id: string;
  readonly object: "event";
  readonly type: string;
  readonly created: number;
  readonly livemode: boolean;
  readonly api_version: string | null;
  // As stripe's examples use it: what stands there depends on the event's type.
  readonly data: { readonly object: any; readonly previous_attributes?: any };
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null } | null;
}
export interface WebhookTestHeaderOptions {
  /** Unix seconds. Default: the host's clock. */
  timestamp?: number;
  payload: string;
  secret: string;
  /** Default: `v1`. */
  scheme?: string;
  /** Default: the right one. */
  signature?: string;
  /** Not used: the core computes the signature. */
  cryptoProvider?: unknown;
}

const DEFAULT_TOLERANCE = 300;
const EXPECTED_SCHEME = "v1";
/** Stripe's library says of these, too, that the signature cannot be verified. */
const THEIRS: readonly string[] = ["body_not_bytes", "invalid_secret"];

/**
 * Verifies the body as it came, and parses it: `const event: Stripe.Event = constructEvent(…)`.
 * `tolerance` is in seconds, 1 to 86400; `receivedAt` in milliseconds, by default the host's clock.
 * A crypto provider is taken and not used: the core computes the signature.
 *
 * Throws a StripeSignatureVerificationError where the message is refused; `invalid_config`;
 * `payload_not_json`; and `payload_invalid` for a thin event notification.
 */
export function constructEvent<E = StripeEvent>(
  payload: BodyInput,
  header: WebhookHeader,
  secret: string,
  tolerance?: number,
  cryptoProvider?: unknown,
  receivedAt?: Date | number,
): E {
  const event = opened(payload, header, secret, tolerance, cryptoProvider, receivedAt).json();
  if (member(event, "object") === "v2.core.event") {
    throw new WebhookError("payload_invalid", "this is a thin event notification, and no event");
  }
  return event as E;
}

/** The same, for where stripe's library has nothing synchronous. */
export async function constructEventAsync<E = StripeEvent>(
  ...given: Parameters<typeof constructEvent>
): Promise<E> {
  return constructEvent<E>(...given);
}

/** The `Stripe-Signature` header for a test's payload. */
export function generateTestHeaderString(options: WebhookTestHeaderOptions): string {
  if (typeof options !== "object" || options === null) throw invalid("options are required");
  const payload = member(options, "payload");
  const timestamp = Math.floor(numeric(member(options, "timestamp")) || Date.now() / 1000);
  if (typeof payload !== "string") {
    throw new WebhookError("body_not_bytes", "the test's payload must be a string");
  }
  const secret = member(options, "secret") as string;
  const mac = String(member(options, "signature") || hmac(secret, `${timestamp}.${payload}`));
  return `t=${timestamp},${String(member(options, "scheme") || EXPECTED_SCHEME)}=${mac}`;
}

/** The same, for where stripe's library has nothing synchronous. */
export async function generateTestHeaderStringAsync(
  options: WebhookTestHeaderOptions,
): Promise<string> {
  return generateTestHeaderString(options);
}

/** Verifies and parses nothing. Throws as `constructEvent` does. */
function verifyHeader(...given: Parameters<typeof opened>): true {
  opened(...given);
  return true;
}

async function verifyHeaderAsync(...given: Parameters<typeof opened>): Promise<true> {
  return verifyHeader(...given);
}

function opened(
  payload: BodyInput,
  header: WebhookHeader,
  secret: string,
  tolerance?: number,
  _cryptoProvider?: unknown,
  receivedAt?: Date | number,
): Delivery {
  const value = ArrayBuffer.isView(header) ? new TextDecoder().decode(header) : header;
  const headers = { "stripe-signature": value || undefined } as Record<string, string>;
  const now = typeof receivedAt === "number" ? receivedAt / 1000 : (receivedAt ?? undefined);
  const toleranceSeconds =
    tolerance === DEFAULT_TOLERANCE ? undefined : numeric(tolerance ?? undefined);
  try {
    return open("stripe", { text: secret }, headers, payload, { now, toleranceSeconds });
  } catch (error) {
    if (!isRefusal(error, THEIRS)) throw error;
    throw new StripeSignatureVerificationError(undefined, undefined, error);
  }
}

/** What `stripe.webhooks` is, but for events that nobody verifies. */
export const webhooks = {
  DEFAULT_TOLERANCE,
  signature: { EXPECTED_SCHEME, verifyHeader, verifyHeaderAsync },
  constructEvent,
  constructEventAsync,
  generateTestHeaderString,
  generateTestHeaderStringAsync,
};
export const errors = { StripeSignatureVerificationError };
export { createCryptoProvider as createNodeCryptoProvider };
export { createCryptoProvider as createSubtleCryptoProvider };

/** In the place of a client of stripe's library, as far as webhooks go. */
const stripe = {
  webhooks,
  errors,
  CryptoProvider,
  createNodeCryptoProvider: createCryptoProvider,
  createSubtleCryptoProvider: createCryptoProvider,
};
export default stripe;
