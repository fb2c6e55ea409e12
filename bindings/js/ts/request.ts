// The body of a request, bounded while it is read.
import { bodyBytes } from "./body.js";
import { WebhookError } from "./error.js";
import { record } from "./options.js";
import { bare, member } from "./own.js";
import type { Bytes } from "./types.js";

/** Most webhooks fit. */
const CAPACITY_BYTES_MIN = 4096;
/** What is declared is believed up to here; a stranger's word alone gets no more memory. */
const CAPACITY_BYTES_DECLARED_MAX = 65_536;

/** The bytes of one body as they come in, at most `maxBytes`. */
export class Collected {
  readonly #maxBytes: number;
  #bytes: Bytes | undefined;
  #length = 0;
  #capacity = CAPACITY_BYTES_MIN;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Throws `body_too_large` where a `Content-Length` says so: before anything is read. */
  expect(declared: unknown): void {
    const length = Number(declared ?? Number.NaN);
    if (length > this.#maxBytes) throw this.#tooLarge();
    if (length > 0) this.#capacity = Math.min(length, CAPACITY_BYTES_DECLARED_MAX);
  }

  /**
   * Copies a chunk at once: a million chunks of one byte must not cost a million objects. Throws
   * `body_too_large`.
   */
  add(value: unknown): void {
    const chunk = bodyBytes(value);
    const end = this.#length + chunk.byteLength;
    if (end > this.#maxBytes) throw this.#tooLarge();
    this.#bytes ??= new Uint8Array(this.#capacity);
    if (end > this.#bytes.byteLength) this.#bytes = grown(this.#bytes, 2 * this.#length, end);
    this.#bytes.set(chunk, this.#length);
    this.#length = end;
  }

  /** The whole body, with no more memory behind it than it needs. */
  bytes(): Bytes {
    const bytes = this.#bytes ?? new Uint8Array(0);
    return bytes.byteLength === this.#length ? bytes : bytes.slice(0, this.#length);
  }

  /** Reads a fetch Request. Throws `body_too_large`, unread where the length is declared. */
  async read(request: Request): Promise<Bytes> {
    const body = member(record(request, "the request") as Partial<Request>, "body");
    if (body === null) return new Uint8Array(0);
    if (body === undefined || typeof member(body, "getReader") !== "function") {
      throw new WebhookError(
        "invalid_config",
        "this takes a fetch Request; for Node's http, Express and Connect there is " +
          "postseal/node, and `open` takes the bytes",
      );
    }
    if (member(request, "bodyUsed") || member(body, "locked")) {
      throw new WebhookError(
        "body_not_bytes",
        "the request's body was read before: pass `request.clone()` to the other reader",
      );
    }
    const declared = request.headers.get("content-length");
    const reader = readerOf(body, Number(declared));
    try {
      this.expect(declared);
      for (;;) {
        const { value, last } = await reader.next();
        if (value !== undefined) this.add(value);
        if (last) return this.bytes();
      }
    } catch (thrown) {
      // Not awaited: the answer does not wait for a sender that does not stop.
      reader.cancel().catch(() => {});
      throw thrown;
    }
  }

  #tooLarge(): WebhookError {
    const message = `the body is longer than the limit of ${this.#maxBytes} bytes`;
    return new WebhookError("body_too_large", message);
  }
}

function grown(body: Bytes, doubled: number, needed: number): Bytes {
  const larger = new Uint8Array(Math.max(doubled, needed));
  larger.set(body);
  return larger;
}

interface BodyReader {
  next(): Promise<{ readonly value: unknown; readonly last: boolean }>;
  cancel(): Promise<void>;
}
/** workerd's own: reads until there is so much, or the body has ended. */
interface AtLeastReader {
  readAtLeast(bytes: number, into: Bytes): Promise<{ done: boolean; value?: Bytes }>;
  cancel(): Promise<void>;
}

function readerOf(body: ReadableStream, declared: number): BodyReader {
  const known = declared > 0 && declared <= CAPACITY_BYTES_DECLARED_MAX;
  const atLeast = known ? atLeastReader(body) : undefined;
  if (atLeast !== undefined) return inOneStep(atLeast, declared);
  const reader = body.getReader() as ReadableStreamDefaultReader<unknown>;
  return {
    next: async () => {
      const chunk = await reader.read();
      return { value: member(chunk, "value"), last: chunk.done };
    },
    cancel: () => reader.cancel(),
  };
}

/** Undefined elsewhere than in workerd, and for a stream that was made in JavaScript. */
function atLeastReader(body: ReadableStream): AtLeastReader | undefined {
  if (!READS_AT_LEAST) return undefined;
  try {
    return body.getReader(bare({ mode: "byob" })) as unknown as AtLeastReader;
  } catch {
    return undefined;
  }
}

/**
 * A body of a declared length, asked for with one byte more, by which its end is seen, and a length
 * that lies. In workerd each step costs as much as verifying some KiB.
 */
function inOneStep(reader: AtLeastReader, declared: number): BodyReader {
  const bytes = declared + 1;
  return {
    next: async () => {
      const chunk = await reader.readAtLeast(bytes, new Uint8Array(bytes));
      const { done } = chunk;
      const value = member(chunk, "value");
      return { value, last: done || value === undefined || value.byteLength < bytes };
    },
    cancel: () => reader.cancel(),
  };
}

const READS_AT_LEAST =
  typeof ReadableStreamBYOBReader === "function" &&
  member(ReadableStreamBYOBReader.prototype, "readAtLeast") !== undefined;
