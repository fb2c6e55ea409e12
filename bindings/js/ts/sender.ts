// Sends webhooks: encrypts, signs, and posts until they are taken.
import type { CorePrepared, CoreSender } from "./core.js";
import { WebhookError } from "./error.js";
import { plainMessage } from "./message.js";
import { type Instance, instance } from "./module.js";
import { plainOptions, members, seconds } from "./options.js";
import { INSPECT, shown } from "./redact.js";
import { deliver } from "./send.js";
import type { Instant, Message, Sealed, SenderOptions, SendOptions, SendResult } from "./types.js";

/** Made once, at module scope if you like, and used for every message. */
export class Sender {
  readonly #instance: Instance;
  readonly #scheme: string;
  #core: CoreSender | undefined;

  /** Throws `invalid_secret`, `invalid_key` or `invalid_config`. */
  constructor(options: SenderOptions) {
    const plain = plainOptions(options, "the sender's options");
    this.#instance = instance();
    const core = this.#instance.call(({ Sender }) => new Sender(plain));
    this.#core = core;
    this.#scheme = core.scheme();
  }

  /** Encrypts where there is a key, signs, and gives exactly the headers and the bytes to send. */
  seal(message: Message, context: { now?: Instant } = {}): Sealed {
    this.#live();
    members(context, ["now"], "the context");
    const now = seconds(context.now);
    const prepared = this.#prepare(message, now);
    try {
      return this.#sign(prepared, now);
    } finally {
      this.#instance.release(prepared);
    }
  }

  /**
   * Posts the message until it is taken, refused, or out of attempts or time. It is encrypted once
   * and signed anew for each attempt. Only `https:`, but for loopback hosts; redirects are not
   * followed.
   */
  async send(url: string | URL, message: Message, options: SendOptions = {}): Promise<SendResult> {
    this.#live();
    const post = deliver(url, options);
    const prepared = this.#prepare(message, undefined);
    try {
      return await post(() => this.#sign(prepared, undefined));
    } finally {
      this.#instance.release(prepared);
    }
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
    return shown("Sender", this.toJSON());
  }

  /** @internal */
  [INSPECT](): string {
    return this.toString();
  }

  #prepare(message: Message, now: number | undefined): CorePrepared {
    const { id, contentType, payload } = plainMessage(message);
    const core = this.#live();
    return this.#instance.call(() => core.prepare(id, contentType, payload, now));
  }

  #sign(prepared: CorePrepared, now: number | undefined): Sealed {
    const core = this.#live();
    const texts = this.#instance.call(() => core.sign(prepared, now)).split("\0");
    const headers: Record<string, string> = {};
    for (let at = 0; at < texts.length; at += 2)
      headers[texts[at] as string] = texts[at + 1] as string;
    return { headers, body: this.#instance.call(() => prepared.body()) };
  }

  #live(): CoreSender {
    if (this.#core !== undefined) return this.#core;
    throw new WebhookError("stale_handle", "this sender has been disposed of");
  }
}
