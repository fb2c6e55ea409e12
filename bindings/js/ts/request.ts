// The body of a fetch Request, bounded while it is read.
import { bodyBytes } from "./body.js";
import { WebhookError } from "./error.js";
import { record } from "./options.js";
import type { Bytes } from "./types.js";

/** Most webhooks fit. */
const CAPACITY_BYTES_MIN = 4096;

/** Reads at most `maxBytes`. Throws `body_too_large`, unread where the length is declared. */
export async function readBody(request: Request, maxBytes: number): Promise<Bytes> {
  const { body } = record(request, "the request") as Partial<Request>;
  if (body === null) return new Uint8Array(0);
  if (typeof body?.getReader !== "function") {
    throw new WebhookError(
      "invalid_config",
      "openRequest takes a fetch Request; with Node's http or Express, call `open` with the bytes",
    );
  }
  if (request.bodyUsed || body.locked) {
    throw new WebhookError(
      "body_not_bytes",
      "the request's body was read before: pass `request.clone()` to the other reader",
    );
  }
  const reader = body.getReader() as ReadableStreamDefaultReader<unknown>;
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge(reader, maxBytes);
  return collect(reader, maxBytes);
}

/** Copies each chunk at once: a million chunks of one byte must not cost a million objects. */
async function collect(
  reader: ReadableStreamDefaultReader<unknown>,
  maxBytes: number,
): Promise<Bytes> {
  let body = new Uint8Array(CAPACITY_BYTES_MIN);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return body.slice(0, length);
    const chunk = bodyBytes(value);
    const end = length + chunk.byteLength;
    if (end > maxBytes) throw tooLarge(reader, maxBytes);
    if (end > body.byteLength) body = grown(body, Math.max(end, 2 * length));
    body.set(chunk, length);
    length = end;
  }
}

function grown(body: Bytes, capacityBytes: number): Bytes {
  const larger = new Uint8Array(capacityBytes);
  larger.set(body);
  return larger;
}

function tooLarge(reader: ReadableStreamDefaultReader<unknown>, maxBytes: number): WebhookError {
  // Not awaited: the answer does not wait for a sender that does not stop.
  reader.cancel().catch(() => {});
  const message = `the body is longer than the limit of ${maxBytes} bytes`;
  return new WebhookError("body_too_large", message);
}
