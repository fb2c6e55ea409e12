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
  const kind = tag(body);
  if (kind === "ArrayBuffer") return new Uint8Array(body as ArrayBuffer);
  if (kind === "SharedArrayBuffer") throw shared();
  throw notBytes(body);
}

function viewBytes(view: ArrayBufferView): Bytes {
  const buffer = view.buffer as ArrayBuffer;
  if (tag(buffer) === "SharedArrayBuffer") throw shared();
  if (view.constructor === Uint8Array) return view as Bytes;
  return new Uint8Array(buffer, view.byteOffset, view.byteLength);
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

function tag(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
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
