// Sends webhooks: encrypts, signs, and posts until they are taken.
import type { CorePrepared, CoreSender } from "./core.js";
import { Handle, type Made } from "./handle.js";
import { plainMessage } from "./message.js";
import { members, plainOptions, seconds } from "./options.js";
import { filled } from "./own.js";
import { INSPECT, shown } from "./redact.js";
import { deliver } from "./send.js";
import type { Instant, Message, Sealed, SenderOptions, SendOptions, SendResult } from "./types.js";

/** Made once, at module scope if you like, and used for every message. */
export class Sender {
  readonly #core: Handle<CoreSender>;
  readonly #scheme: string;
  readonly #maxBodyBytes: number;

  /** Throws `invalid_secret`, `invalid_key` or `invalid_config`. */
  constructor(options: SenderOptions) {
    const plain = plainOptions(options, "the sender's options");
    this.#core = new Handle("sender", ({ Sender }) => new Sender(plain));
    this.#scheme = this.#core.call((core) => core.scheme());
    this.#maxBodyBytes = this.#core.call((core) => core.maxBodyBytes());
  }

  /** Encrypts where there is a key, signs, and gives exactly the headers and the bytes to send. */
  seal(message: Message, context: { now?: Instant } = {}): Sealed {
    this.#core.live();
    const now = seconds(members(context, ["now"], "the context")["now"]);
    const prepared = this.#prepare(message, now);
    try {
      return this.#sign(prepared, now);
    } finally {
      prepared.free();
    }
  }

  /**
   * Posts the message until it is taken, refused, or out of attempts or time. It is encrypted once
   * and signed anew for each attempt. Only `https:`, but for loopback hosts; redirects are not
   * followed.
   */
  async send(url: string | URL, message: Message, options: SendOptions = {}): Promise<SendResult> {
    this.#core.live();
    const post = deliver(url, options);
    const prepared = this.#prepare(message, undefined);
    try {
      return await post(() => this.#sign(prepared, undefined));
    } finally {
      prepared.free();
    }
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
    return shown("Sender", this.toJSON());
  }

  /** @internal */
  [INSPECT](): string {
    return this.toString();
  }

  #prepare(message: Message, now: number | undefined): Made<CorePrepared> {
    const { id, contentType, payload } = plainMessage(message);
    const bounded = payload.subarray(0, this.#maxBodyBytes + 1);
    return this.#core.make((core) => core.prepare(id, contentType, bounded, now));
  }

  #sign(made: Made<CorePrepared>, now: number | undefined): Sealed {
    const prepared = made.get();
    const [texts, body] = this.#core.call((core) => [core.sign(prepared, now), prepared.body()]);
    const fields = texts.split("\0");
    const pairs = filled(fields.length / 2, (at) => [fields[2 * at], fields[2 * at + 1]]);
    return { headers: Object.fromEntries(pairs) as Sealed["headers"], body };
  }
}
