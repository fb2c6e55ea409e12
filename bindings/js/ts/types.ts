// The types of the public surface that are not classes: what goes in, and what comes out.
import type { Bytes } from "./bytes.js";
import type { WebhookError } from "./error.js";
import type { StandardSchemaV1 } from "./standard_schema.js";

export type { Bytes };
/** The body as it came: bytes, or a well-formed string that is taken as UTF-8. */
export type BodyInput = Uint8Array | ArrayBuffer | string;
/** Headers as the platform has them: fetch `Headers`, a Node header object, or pairs. */
export type HeadersInput =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined }
  | Iterable<readonly [string, string]>;
/** Unix seconds, or a Date. Fractions of a second are floored. */
export type Instant = Date | number;

/** A secret or key as its provider shows it, or with an id and the time in which it is live. */
export type SecretInput =
  | string
  | {
      readonly id?: string;
      readonly secret: string;
      readonly encoding?: "text";
      readonly notBefore?: Instant;
      readonly notAfter?: Instant;
    };
/**
 * The first is primary and must be there; a later `undefined` is skipped, so `[env.SECRET,
 * env.OLD_SECRET]` works.
 */
export type KeyList = SecretInput | readonly [SecretInput, ...(SecretInput | undefined)[]];
export interface KeyOptions {
  readonly secrets?: KeyList;
  readonly publicKeys?: KeyList;
  readonly encryptionKeys?: KeyList;
}
export type Scheme = "standard" | "x-webhook" | "stripe" | "github" | "slack" | "shopify";

export interface ReceiverOptions extends KeyOptions {
  /** Whose headers and signature are expected. Default: `standard`. */
  readonly scheme?: Scheme;
  /** The form of encrypted bodies. Default: `json` for `x-webhook`, else `jwe`. */
  readonly envelope?: "jwe" | "json";
  /** Default: `required` where there are encryption keys, else `forbidden`. */
  readonly encryption?: "required" | "optional" | "forbidden";
  /** Whom an envelope must be addressed to. Needs envelope `jwe` and encryption `required`. */
  readonly audience?: string;
  /** How old a message may be, 1 to 86400. Default: 300. */
  readonly toleranceSeconds?: number;
  /** How far ahead a message may be dated, 1 to 86400. Default: 300. */
  readonly futureToleranceSeconds?: number;
  /** The largest body on the wire, up to 32 MiB. Default: 1 MiB. */
  readonly maxBodyBytes?: number;
}
export interface OpenContext {
  /** The time to check against. Default: the host's clock. */
  readonly now?: Instant;
  /** A tenant's secrets and keys, for this call alone. */
  readonly keys?: KeyOptions;
}

/**
 * A message that has passed every check. Its facts are authenticated; the rest is behind
 * `unsigned`.
 */
export interface Delivery {
  /** The signed id, where the scheme signs one. */
  readonly id: string | null;
  /** The signed timestamp in Unix seconds, where the scheme signs one. */
  readonly timestamp: number | null;
  /** What names this delivery among all of its source: the signed id, else a hash of the body. */
  readonly replayKey: string;
  readonly replayKeySource: "signed_id" | "payload_hash";
  /** True where a signed timestamp was checked. */
  readonly replayProtected: boolean;
  /** The id of the first secret that matched, in the order of the list. */
  readonly secretId: string;
  readonly matchedSecretIds: readonly string[];
  readonly encrypted: boolean;
  readonly encryptionKeyId: string | null;
  /** From the envelope's protected header alone. */
  readonly contentType: string | null;
  /**
   * The bytes. Where the body was not encrypted and was given as bytes, these are the caller's own:
   * not copied.
   */
  readonly payload: Bytes;
  /** The payload as UTF-8. Throws `payload_not_utf8`. */
  text(): string;
  /** The payload as JSON. Throws `payload_not_utf8` or `payload_not_json`. */
  json(): unknown;
  /**
   * The payload as JSON that has passed a schema of zod, valibot or any other library that follows
   * Standard Schema: what the schema makes of it. Throws `payload_invalid`, which tells the number
   * of issues and nothing of the payload; `invalid_config` for what is no schema, is asynchronous,
   * or throws; and what `json()` throws.
   */
  json<S extends StandardSchemaV1>(schema: S): StandardSchemaV1.InferOutput<S>;
  /** A header as it came: anyone may have written it. */
  unsigned(header: string): string | null;
  toJSON(): {
    id: string | null;
    timestamp: number | null;
    secretId: string;
    encrypted: boolean;
    payloadBytes: number;
  };
}

/** What is sent: an id, and the payload's bytes or a value that is written as JSON. */
export type Message = { readonly id: string; readonly contentType?: string } & (
  { readonly payload: Uint8Array | string } | { readonly json: unknown }
);
/** A signed message: exactly the headers and the bytes to send. */
export interface Sealed {
  readonly headers: Record<string, string>;
  readonly body: Bytes;
}
export interface SenderOptions {
  /** Every live one signs, the first is primary. */
  readonly secrets: KeyList;
  /** The first live one encrypts. */
  readonly encryptionKeys?: KeyList;
  /** Default: `standard`. */
  readonly scheme?: Scheme;
  /** Default: `json` for `x-webhook`, else `jwe`. */
  readonly envelope?: "jwe" | "json";
  /** Whom the envelope is addressed to. */
  readonly audience?: string;
  /** The largest body on the wire, up to 32 MiB. Default: 1 MiB. */
  readonly maxBodyBytes?: number;
  /** How many messages the encryption key has sealed before, over all its senders. Default: 0. */
  readonly sealedBefore?: number;
}
export interface SendOptions {
  /** 1 to 100. Default: 8. */
  readonly maxAttempts?: number;
  /** No attempt begins, and none goes on, after this time. Default: 3600000, one hour. */
  readonly maxElapsedMs?: number;
  /** How long one attempt may take until the answer's headers. Default: 15000. */
  readonly timeoutMs?: number;
  /** Ends the sending: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch;
}
/**
 * How sending ended: taken (2xx), 410, 413, or out of attempts or time. `status` is that of the
 * last answer.
 */
export interface SendResult {
  readonly outcome: "delivered" | "gone" | "refused" | "exhausted";
  readonly status: number | null;
  readonly attempts: number;
}

/**
 * Atomic per key. If the live value equals `expected` (null: absent or expired) write `next` (null:
 * delete) to live ttlSeconds; else report the current value.
 */
export interface Store {
  swap(
    key: string,
    expected: string | null,
    next: string | null,
    ttlSeconds: number,
  ): Promise<{ swapped: boolean; current: string | null }>;
}
export interface ClaimOptions {
  /** Names the endpoint: two sources do not see each other's claims. */
  readonly source: string;
  /** How long a claim is held before another may take it over, 1 to 86400. Default: 60. */
  readonly leaseSeconds?: number;
  /** How long a finished delivery is remembered, up to a year. Default: 604800. */
  readonly retainSeconds?: number;
  /** When the claim begins. `renew` always reads the clock. */
  readonly now?: Instant;
}
export type Claim =
  | {
      readonly outcome: "new";
      /** 1 for the first; more where an earlier holder failed or ran out of its lease. */
      readonly attempt: number;
      /**
       * The effect has happened: repeats are duplicates from now on. `lost`: another holds the
       * claim.
       */
      done(): Promise<"ok" | "lost">;
      /** The effect has not happened: the next may claim at once. */
      failed(): Promise<"ok" | "lost">;
      /** Starts the lease anew. */
      renew(): Promise<"ok" | "lost">;
    }
  | { readonly outcome: "duplicate" }
  | { readonly outcome: "in_progress"; readonly retryAfterSeconds: number }
  | { readonly outcome: "conflict" };

/** What `limit` answers with. The `RateLimit` binding of Workers answers so as well. */
export interface LimitResult {
  readonly success: boolean;
  /** Told to the sender of a refused request. Default: 10. */
  readonly retryAfterSeconds?: number;
}
/**
 * What an endpoint does. `A` are the arguments that the platform passes on to these functions:
 * `(env, context)` in Workers, `(request, response)` in Node.
 */
export interface HandlerOptions<
  A extends unknown[] = [],
  // Not `[Request, ...A]`: what is written for no adapter in particular must fit each.
  L extends unknown[] = any[],
> {
  /**
   * Gets each delivery that has passed every check. Without an answer of its own the sender is
   * told 204. What it throws is a failed attempt, of status 500, and an answer other than 2xx is
   * one too: the sender tries again. A `payload_…` error of the delivery is status 422.
   */
  onDelivery(delivery: Delivery, ...args: A): void | Response | Promise<void | Response>;
  /** Gets the reason of each refusal, which the sender is not told. Not awaited. */
  onRefused?(error: WebhookError, ...args: A): void;
  /**
   * Gets what went wrong on this side: what `onDelivery` threw, a limit or a store that failed, a
   * mistake in the configuration; `cause` has what a client threw. Not awaited. Default: one line
   * on the console, without the error's text.
   */
  onError?(error: unknown, ...args: A): void;
  /** Claims each delivery, so that repeats do not reach `onDelivery`. */
  readonly dedupe?: Omit<ClaimOptions, "now"> & { readonly store: Store | ((...args: A) => Store) };
  /** Asked before anything is read. Where it fails, nothing passes. */
  limit?(...args: L): LimitResult | Promise<LimitResult>;
}
