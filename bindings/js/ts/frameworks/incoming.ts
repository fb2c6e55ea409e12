// A request of Node's http, as plain http, Express, Connect and Fastify share it.
import { element, filled, member } from "../own.js";
import type { Collected } from "../request.js";
import type { HeadersInput } from "../types.js";

/** What is still sent after an answer is thrown away, up to these; then the connection ends. */
const LINGER_BYTES_MAX = 4_194_304;
const LINGER_MS_MAX = 2000;

// Each event has arguments of its own: with `unknown`, Node's types would not fit.
type Listener = (...args: any[]) => void;

/** Node's `IncomingMessage`, of HTTP/1 or HTTP/2, and what frameworks put on it. */
export interface NodeRequest {
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly rawHeaders?: string[];
  readonly complete?: boolean;
  readonly destroyed?: boolean;
  readonly readableDidRead?: boolean;
  readonly readableEnded?: boolean;
  readonly rawBody?: unknown;
  readonly body?: unknown;
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** Node's `ServerResponse`, of HTTP/1 or HTTP/2. */
export interface NodeResponse {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  appendHeader(name: string, value: string): unknown;
  end(body?: string | Uint8Array): unknown;
  destroy(): unknown;
}

/** All values of every header: in `headers`, Node keeps the first alone of some. */
export function incomingHeaders(request: NodeRequest): HeadersInput {
  const rawHeaders = member(request, "rawHeaders");
  // Those that make a request of an event, as serverless-http does, fill `headers` alone.
  if (!rawHeaders?.length) return request.headers;
  const text = (at: number) => element(rawHeaders, at) as string;
  return filled(rawHeaders.length >> 1, (at) => [text(2 * at), text(2 * at + 1)] as const);
}

/** The body, unless something has read it before: then what that has left. */
export function incomingBody(request: NodeRequest, collected: Collected): unknown {
  // NestJS and Google's functions keep the bytes here, beside what they parsed.
  const rawBody = member(request, "rawBody");
  if (rawBody !== undefined) return rawBody;
  const didRead = member(request, "readableDidRead");
  if (typeof member(request, "on") !== "function" || didRead === true) return left(request);
  if (member(request, "readableEnded") !== true) return read(request, collected);
  // It has ended, and nothing ever came.
  return didRead === false ? collected.bytes() : left(request);
}

/** Vercel parses at the first look, and throws then. */
function left(request: NodeRequest): unknown {
  try {
    return member(request, "body");
  } catch {
    return undefined;
  }
}

function read(request: NodeRequest, collected: Collected): Promise<unknown> {
  collected.expect(member(request.headers, "content-length"));
  return new Promise((resolve, reject) => {
    // One that was aborted before will say nothing more.
    if (member(request, "destroyed") === true) reject();
    const take = (chunk: unknown) => {
      try {
        collected.add(chunk);
      } catch (error) {
        request.off("data", take);
        request.pause();
        reject(error);
      }
    };
    request.on("data", take);
    request.on("end", () => resolve(collected.bytes()));
    request.on("error", reject);
    request.on("close", reject);
  });
}

/**
 * Ends a connection whose request is answered before it was sent whole, but not at once: a reset
 * would reach many a sender before it has read the answer. Called before the answer is sent, since
 * Node would throw away uncounted what nobody has begun to read.
 */
export function linger(request: NodeRequest): void {
  if (member(request, "complete") !== false) return;
  let left = LINGER_BYTES_MAX;
  const end = () => request.destroy();
  const timer = setTimeout(end, LINGER_MS_MAX);
  const ended = () => clearTimeout(timer);
  request.on("error", ended);
  request.on("close", ended);
  request.on("end", ended);
  request.on("data", ({ length }: { length: number }) => {
    left -= length;
    if (left < 0) end();
  });
  request.resume();
}
