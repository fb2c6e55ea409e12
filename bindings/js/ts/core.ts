// What the WebAssembly module exports, as TypeScript: the other side is `bindings/js/src`.
import type { Bytes } from "./types.js";

interface Handle {
  free(): void;
}

/** Options as plain data without a prototype: see `options.ts`. */
export type Plain = Readonly<Record<string, unknown>>;

export interface CoreReceiver extends Handle {
  headerNames(): string[];
  maxBodyBytes(): number;
  scheme(): string;
  open(headers: string, body: Uint8Array, now: number | undefined, keys: Plain | undefined): string;
  takePayload(): Bytes;
}

export interface CorePrepared extends Handle {
  body(): Bytes;
}

export interface CoreSender extends Handle {
  scheme(): string;
  maxBodyBytes(): number;
  prepare(
    id: string,
    contentType: string | undefined,
    payload: Uint8Array,
    now: number | undefined,
  ): CorePrepared;
  sign(prepared: CorePrepared, now: number | undefined): string;
}

/** Texts of several fields are joined with NUL. */
export interface Core {
  readonly Receiver: new (options: Plain) => CoreReceiver;
  readonly Sender: new (options: Plain) => CoreSender;
  nextAttempt(
    attempt: number,
    status: number | undefined,
    retryAfter: string | undefined,
    maxAttempts: number | undefined,
  ): string;
  claimSwapsMax(): number;
  claimBegin(
    source: string,
    scheme: string,
    replayKey: string,
    payload: Uint8Array,
    lease: number | undefined,
    retain: number | undefined,
    now: number | undefined,
  ): string;
  claimDecide(
    lease: number | undefined,
    retain: number | undefined,
    wanted: string,
    current: string | undefined,
    now: number | undefined,
  ): string;
  claimChange(
    lease: number | undefined,
    retain: number | undefined,
    change: string,
    held: string,
  ): string;
  claimSettle(
    lease: number | undefined,
    retain: number | undefined,
    wanted: string,
    current: string | undefined,
  ): string;
  payloadHash(body: Uint8Array): string;
  allHeaderNames(): string[];
  generateSecret(): string;
  generateEncryptionKey(): string;
}

/** The glue that wasm-bindgen wrote: each call of the factory makes an instance of its own. */
export type Glue = Core & { initSync(options: { module: WebAssembly.Module }): unknown };
