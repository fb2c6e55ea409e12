// A verified message. Only a receiver makes one.
import { textBytes } from "./body.js";
import { WebhookError } from "./error.js";
import type { HeaderSource } from "./headers.js";
import { INSPECT, shown } from "./redact.js";
import type { Bytes, Delivery } from "./types.js";

/** Where `claim` finds the scheme, also in a delivery of another copy of this package. */
export const SCHEME: unique symbol = Symbol.for("postseal.Delivery.scheme") as never;

/** The last list of ids: a receiver's deliveries mostly have the same, and it cannot be changed. */
let last: { readonly text: string; readonly ids: readonly string[] } | undefined;

function idList(text: string): readonly string[] {
  if (last?.text !== text) last = { text, ids: Object.freeze(text.split(" ")) };
  return last.ids;
}

export class OpenedDelivery implements Delivery {
  readonly id: string | null;
  readonly timestamp: number | null;
  readonly replayKey: string;
  readonly replayKeySource: "signed_id" | "payload_hash";
  readonly replayProtected: boolean;
  readonly secretId: string;
  readonly matchedSecretIds: readonly string[];
  readonly encrypted: boolean;
  readonly encryptionKeyId: string | null;
  readonly contentType: string | null;
  /** A text, where the body was one and is the payload, is encoded when its bytes are wanted. */
  #payload: Bytes | string;
  readonly #headers: HeaderSource;
  readonly #scheme: string;

  /**
   * `facts` is what the module answered: see `facts` in `bindings/js/src/receiver.rs`. `payload`
   * gives the payload of a delivery that was encrypted, or was not.
   */
  constructor(
    facts: string,
    payload: (encrypted: boolean) => Bytes | string,
    headers: HeaderSource,
    scheme: string,
  ) {
    const fields = facts.split("\0");
    const field = (at: number): string => fields[at] as string;
    // The last field may hold a NUL.
    const contentType = fields.length === 6 ? field(5) : fields.slice(5).join("\0");
    this.id = field(0) || null;
    this.timestamp = field(1) === "" ? null : Number(field(1));
    this.replayKey = this.id ?? field(2);
    this.replayKeySource = this.id === null ? "payload_hash" : "signed_id";
    this.replayProtected = this.timestamp !== null;
    this.matchedSecretIds = idList(field(3));
    this.secretId = this.matchedSecretIds[0] as string;
    this.encryptionKeyId = field(4) || null;
    this.encrypted = this.encryptionKeyId !== null;
    this.contentType = contentType === "" ? null : contentType.slice(1);
    this.#payload = payload(this.encrypted);
    this.#headers = headers;
    this.#scheme = scheme;
  }

  get payload(): Bytes {
    if (typeof this.#payload === "string") this.#payload = textBytes(this.#payload);
    return this.#payload;
  }

  get [SCHEME](): string {
    return this.#scheme;
  }

  text(): string {
    if (typeof this.#payload === "string") return this.#payload;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.#payload);
    } catch {
      throw new WebhookError(
        "payload_not_utf8",
        "the payload is not UTF-8: use `payload` for its bytes",
      );
    }
  }

  json(): unknown {
    const text = this.text();
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // The engine's own error quotes the text, so it must not be the cause.
      throw new WebhookError(
        "payload_not_json",
        "the payload is not JSON: use `text()` or `payload`",
      );
    }
  }

  unsigned(header: string): string | null {
    return this.#headers.value(String(header));
  }

  toJSON() {
    const { id, timestamp, secretId, encrypted } = this;
    return { id, timestamp, secretId, encrypted, payloadBytes: this.payload.byteLength };
  }

  toString(): string {
    return shown("Delivery", this.toJSON());
  }

  /** @internal */
  [INSPECT](): string {
    return this.toString();
  }
}
