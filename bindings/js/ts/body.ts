// Bodies and payloads as bytes: never parsed, never written again, and never memory that another
// thread can change.
import { WebhookError } from "./error.js";
import type { Bytes } from "./types.js";

const REMEDY =
  "pass the bytes as they came, before anything parses them: express.raw({ type: () => true }) " +
  "makes `request.body` a Buffer; with fetch, " +
  "`await request.arrayBuffer()` or `await request.text()`";

/** The bytes of a body, without a copy where it is bytes already. Throws `body_not_bytes`. */
export function bodyBytes(body: unknown): Bytes {
  if (ArrayBuffer.isView(body)) return viewBytes(body);
  if (typeof body === "string") return textBytes(body);
  if (isBuffer(ArrayBuffer, body)) return usable(() => new Uint8Array(body as ArrayBuffer));
  if (isBuffer(globalThis.SharedArrayBuffer, body)) throw shared();
  throw notBytes(body);
}

function viewBytes(view: ArrayBufferView): Bytes {
  const buffer = view.buffer as ArrayBuffer;
  if (isBuffer(globalThis.SharedArrayBuffer, buffer)) throw shared();
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

/** By the internal slot, which also another realm's buffer has, and nothing else. */
function isBuffer(kind: { prototype: object } | undefined, value: unknown): boolean {
  const length = kind && Object.getOwnPropertyDescriptor(kind.prototype, "byteLength");
  try {
    length?.get?.call(value);
    return length !== undefined;
  } catch {
    return false;
  }
}

function textBytes(text: string): Bytes {
  if (!isWellFormed(text)) {
    throw new WebhookError(
      "body_not_bytes",
      `the body is a string with a lone surrogate: ${REMEDY}`,
    );
  }
  return new TextEncoder().encode(text) as Bytes;
}

/** `isWellFormed` is in engines from 2023 on. */
function isWellFormed(text: string & { isWellFormed?: () => boolean }): boolean {
  return text.isWellFormed?.() ?? !/\p{Surrogate}/u.test(text);
}

function shared(): WebhookError {
  return new WebhookError(
    "body_not_bytes",
    "the body is backed by a SharedArrayBuffer, and can change while it is checked: " +
      "pass a copy, `new Uint8Array(body).slice()`",
  );
}

function notBytes(body: unknown): WebhookError {
  const is =
    body === undefined || body === null
      ? "is missing"
      : typeof body === "object"
        ? "is an object, so something has parsed it"
        : `is a ${typeof body}`;
  return new WebhookError("body_not_bytes", `the body ${is}: ${REMEDY}`);
}
