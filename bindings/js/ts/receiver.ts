// Receives webhooks: verifies, decrypts, and makes deliveries.
import { bodyBytes } from "./body.js";
import type { CoreReceiver } from "./core.js";
import { OpenedDelivery } from "./delivery.js";
import { WebhookError } from "./error.js";
import { HeaderSource } from "./headers.js";
import { type Instance, instance } from "./module.js";
import { plainKeys, plainOptions, members, seconds } from "./options.js";
import { INSPECT, shown } from "./redact.js";
import { readBody } from "./request.js";
import type {
  BodyInput,
  Bytes,
  Delivery,
  HeadersInput,
  OpenContext,
  ReceiverOptions,
} from "./types.js";

/**
 * Made once, at module scope if you like, and used for every request. It touches neither clock nor
 * randomness until then.
 */
export class Receiver {
  readonly #instance: Instance;
  readonly #scheme: string;
  readonly #maxBodyBytes: number;
  readonly #headerNames: ReadonlySet<string>;
  #core: CoreReceiver | undefined;

  /** Throws `invalid_secret`, `invalid_key` or `invalid_config`. */
  constructor(options: ReceiverOptions) {
    const plain = plainOptions(options, "the receiver's options");
    this.#instance = instance();
    const core = this.#instance.call(({ Receiver }) => new Receiver(plain));
    this.#core = core;
    this.#scheme = core.scheme();
    this.#maxBodyBytes = core.maxBodyBytes();
    this.#headerNames = new Set(core.headerNames().split("\0"));
  }

  /** Verifies and decrypts. Throws a WebhookError; `body` must be the bytes as they came. */
  open(headers: HeadersInput, body: BodyInput, context: OpenContext = {}): Delivery {
    this.#live();
    members(context, ["now", "keys"], "the context");
    const source = new HeaderSource(headers);
    const bytes = bodyBytes(body);
    const now = seconds(context.now);
    const keys = plainKeys(context.keys);
    const attempt = (names: ReadonlySet<string>): string => {
      const fields = source.fields(names);
      const core = this.#live();
      return this.#instance.call(() => core.open(fields, bytes, now, keys));
    };
    const facts = openNamingProviders(attempt, this.#headerNames);
    const payload = (encrypted: boolean) => (encrypted ? this.#takePayload() : bytes);
    return new OpenedDelivery(facts, payload, source, this.#scheme);
  }

  /** Reads the request's body, bounded while it reads, and opens it. */
  async openRequest(request: Request, context?: OpenContext): Promise<Delivery> {
    this.#live();
    const body = await readBody(request, this.#maxBodyBytes);
    return this.open(request.headers, body, context);
  }

  /** Frees and wipes the keys in the module's memory. Later calls throw `stale_handle`. */
  [Symbol.dispose](): void {
    const core = this.#core;
    this.#core = undefined;
    if (core !== undefined) this.#instance.release(core);
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

  #takePayload(): Bytes {
    const core = this.#live();
    return this.#instance.call(() => core.takePayload());
  }

  #live(): CoreReceiver {
    if (this.#core !== undefined) return this.#core;
    throw new WebhookError("stale_handle", "this receiver has been disposed of");
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
    return attempt(
      new Set(
        instance()
          .call((core) => core.allHeaderNames())
          .split("\0"),
      ),
    );
  }
}
