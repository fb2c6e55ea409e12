// Bodies and payloads as bytes: never parsed, never written again, and never memory that another
// thread can change.
import { WebhookError } from "./error.js";
import { member } from "./own.js";
import type { Bytes } from "./types.js";

const REMEDY =
  "pass the bytes as they came, before anything parses them: express.raw({ type: () => true }) " +
  "makes `request.body` a Buffer; with fetch, " +
  "`await request.arrayBuffer()` or `await request.text()`";

type Getter = ((this: unknown) => unknown) | undefined;
const ARRAY_BUFFER_LENGTH = lengthGetter(ArrayBuffer);
/** Made at the first text: where a test's environment has none, bytes still pass. */
let encoder: TextEncoder | undefined;
/** Where texts are encoded for one call. Most bodies fit, and an allocation is saved for each. */
let encoded: Bytes | undefined;
const ENCODED_BYTES = 65_536;
/** Undefined in engines before 2023. */
const IS_WELL_FORMED = member(
  String.prototype as { isWellFormed?: (this: string) => boolean },
  "isWellFormed",
);

/** The bytes of a body, without a copy where it is bytes already. Throws `body_not_bytes`. */
export function bodyBytes(body: unknown): Bytes {
  const received = bytesOrText(body);
  return typeof received === "string" ? textBytes(received) : received;
}

/**
 * A body as its bytes, or as a text that has exactly one encoding. Throws `body_not_bytes`, which
 * says how to get them.
 */
export function bytesOrText(body: unknown, remedy = REMEDY): Bytes | string {
  if (ArrayBuffer.isView(body)) return viewBytes(body);
  if (typeof body === "string") return wellFormed(body);
  if (isArrayBuffer(body)) return usable(() => new Uint8Array(body as ArrayBuffer));
  if (isSharedBuffer(body)) throw shared();
  throw notBytes(body, remedy);
}

/** The bytes of a text that is well formed. */
export function textBytes(text: string): Bytes {
  return (encoder ??= new TextEncoder()).encode(text) as Bytes;
}

/** Runs one call on a body's bytes. It must not keep them, nor run what others wrote. */
export function withBytes<T>(body: Bytes | string, run: (bytes: Bytes) => T): T {
  if (typeof body !== "string") return run(body);
  encoded ??= new Uint8Array(ENCODED_BYTES);
  const { read, written } = (encoder ??= new TextEncoder()).encodeInto(body, encoded);
  const bytes = encoded.subarray(0, written);
  try {
    return run(read === body.length ? bytes : textBytes(body));
  } finally {
    bytes.fill(0);
  }
}

function viewBytes(view: ArrayBufferView): Bytes {
  const buffer = view.buffer as ArrayBuffer;
  // In this order: what is refused throws inside, and that takes longer than the HMAC of 1 KiB.
  if (!isArrayBuffer(buffer) && isSharedBuffer(buffer)) throw shared();
  if (view.constructor === Uint8Array) return usable(() => view as Bytes);
  return usable(() => new Uint8Array(buffer, view.byteOffset, view.byteLength));
}

/** Bytes that can be read: those of a buffer that was transferred, or has shrunk, cannot. */
function usable(bytes: () => Bytes): Bytes {
  try {
    const usable = bytes();
    // Any method checks; this one does nothing else.
    Uint8Array.prototype.at.call(usable, 0);
    return usable;
  } catch {
    throw new WebhookError(
      "body_not_bytes",
      "the body's memory is gone: it was transferred elsewhere, or its buffer has shrunk",
    );
  }
}

function isArrayBuffer(value: unknown): boolean {
  return hasLength(ARRAY_BUFFER_LENGTH, value);
}

function isSharedBuffer(value: unknown): boolean {
  const kind = member(globalThis, "SharedArrayBuffer") as { prototype: object } | undefined;
  return kind !== undefined && hasLength(lengthGetter(kind), value);
}

/** By the internal slot, which also another realm's buffer has, and nothing else. */
function hasLength(getter: Getter, value: unknown): boolean {
  try {
    getter?.call(value);
    return getter !== undefined;
  } catch {
    return false;
  }
}

function lengthGetter(kind: { prototype: object }): Getter {
  return Object.getOwnPropertyDescriptor(kind.prototype, "byteLength")?.get;
}

function wellFormed(text: string): string {
  if (isWellFormed(text)) return text;
  throw new WebhookError("body_not_bytes", `the body is a string with a lone surrogate: ${REMEDY}`);
}

function isWellFormed(text: string): boolean {
  return IS_WELL_FORMED?.call(text) ?? !/\p{Surrogate}/u.test(text);
}

function shared(): WebhookError {
  return new WebhookError(
    "body_not_bytes",
    "the body is backed by a SharedArrayBuffer, and can change while it is checked: " +
      "pass a copy, `new Uint8Array(body).slice()`",
  );
}

function notBytes(body: unknown, remedy: string): WebhookError {
  const is =
    body === undefined || body === null
      ? "is missing"
      : typeof body === "object"
        ? "is an object, so something has parsed it"
        : `is a ${typeof body}`;
  return new WebhookError("body_not_bytes", `the body ${is}: ${remedy}`);
}
