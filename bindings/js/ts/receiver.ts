// Receives webhooks: verifies, decrypts, and makes deliveries.
import { bytesOrText, withBytes } from "./body.js";
import type { CoreReceiver, Plain } from "./core.js";
import { OpenedDelivery } from "./delivery.js";
import { WebhookError } from "./error.js";
import { type Endpoint, ENDPOINT } from "./exchange.js";
import { Handle } from "./handle.js";
import { Handler } from "./handler.js";
import { HeaderSource } from "./headers.js";
import { instance } from "./module.js";
import { members, plainKeys, plainOptions, seconds } from "./options.js";
import { bare, elements } from "./own.js";
import { INSPECT, shown } from "./redact.js";
import { Collected } from "./request.js";
import type { BodyInput, Delivery, HeadersInput, OpenContext, ReceiverOptions } from "./types.js";
import type { HandlerOptions } from "./types.js";

const CONTEXT = ["now", "keys"];
const NOTHING: Plain = bare({});

/**
 * Made once, at module scope if you like, and used for every request. It touches neither clock nor
 * randomness until then.
 */
export class Receiver {
  readonly #core: Handle<CoreReceiver>;
  readonly #scheme: string;
  readonly #maxBodyBytes: number;
  readonly #headerNames: ReadonlySet<string>;

  /** Throws `invalid_secret`, `invalid_key` or `invalid_config`. */
  constructor(options: ReceiverOptions) {
    const plain = plainOptions(options, "the receiver's options");
    this.#core = new Handle("receiver", ({ Receiver }) => new Receiver(plain));
    this.#scheme = this.#core.call((core) => core.scheme());
    this.#maxBodyBytes = this.#core.call((core) => core.maxBodyBytes());
    this.#headerNames = namesIn(this.#core.call((core) => core.headerNames()));
  }

  /** Verifies and decrypts. Throws a WebhookError; `body` must be the bytes as they came. */
  open(headers: HeadersInput, body: BodyInput, context?: OpenContext): Delivery {
    this.#core.live();
    const given = context === undefined ? NOTHING : members(context, CONTEXT, "the context");
    const source = new HeaderSource(headers);
    const received = bytesOrText(body);
    const now = seconds(given["now"]);
    const keys = plainKeys(given);
    const attempt = (names: ReadonlySet<string>): string => {
      const fields = source.fields(names);
      return withBytes(received, (bytes) => {
        // One byte too many is enough for the refusal; the module's memory never shrinks again.
        const over = bytes.byteLength > this.#maxBodyBytes;
        const bounded = over ? bytes.subarray(0, this.#maxBodyBytes + 1) : bytes;
        return this.#core.call((core) => core.open(fields, bounded, now, keys));
      });
    };
    const facts = openNamingProviders(attempt, this.#headerNames);
    const decrypted = () => this.#core.call((core) => core.takePayload());
    return new OpenedDelivery(facts, received, decrypted, source, this.#scheme);
  }

  /** Reads the request's body, bounded while it reads, and opens it. */
  async openRequest(request: Request, context?: OpenContext): Promise<Delivery> {
    this.#core.live();
    const body = await new Collected(this.#maxBodyBytes).read(request);
    return this.open(request.headers, body, context);
  }

  /**
   * The whole endpoint, for a platform that has fetch's `Request` and `Response`: limit, bounded
   * read, `open`, claim, `onDelivery`, and one answer. What the platform passes beside the request,
   * such as `(env, context)` in Workers, goes on to the functions. Never rejects. Throws
   * `invalid_config`.
   */
  handler<E = void, C = void>(
    options: HandlerOptions<[env: E, context: C]>,
  ): (request: Request, env: E, context: C) => Promise<Response> {
    const endpoint = this[ENDPOINT](options);
    return (request, ...args) =>
      endpoint.response({
        args,
        limit: [request, ...args],
        remedy: undefined,
        body: (collected) => collected.read(request),
        get headers() {
          return request.headers;
        },
      });
  }

  /** @internal */
  [ENDPOINT]<A extends unknown[], L extends unknown[]>(
    options: HandlerOptions<A, L>,
  ): Endpoint<A, L> {
    return new Handler(this, this.#maxBodyBytes, options);
  }

  /** Frees and wipes the keys in the module's memory. Later calls throw `stale_handle`. */
  [Symbol.dispose](): void {
    this.#core.dispose();
  }

  /** @internal */
  toJSON(): { scheme: string } {
    return { scheme: this.#scheme };
  }

  /** @internal */
  toString(): string {
    return shown("Receiver", this.toJSON());
  }

  /** @internal */
  [INSPECT](): string {
    return this.toString();
  }
}

/**
 * Where a header is missing, asks again with every provider's headers, so that the message can name
 * the one it sees.
 */
function openNamingProviders(
  attempt: (names: ReadonlySet<string>) => string,
  names: ReadonlySet<string>,
): string {
  try {
    return attempt(names);
  } catch (error) {
    if (!WebhookError.is(error) || error.code !== "missing_header") throw error;
    return attempt(namesIn(instance().call((core) => core.allHeaderNames())));
  }
}

function namesIn(list: readonly string[]): ReadonlySet<string> {
  // The core fills its lists: no element is a hole.
  return new Set(elements(list) as string[]);
}
