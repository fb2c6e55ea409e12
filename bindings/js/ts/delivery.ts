// A verified message. Only a receiver makes one.
import { textBytes, withBytes } from "./body.js";
import { WebhookError } from "./error.js";
import type { HeaderSource } from "./headers.js";
import { instance } from "./module.js";
import { bare } from "./own.js";
import { INSPECT, shown } from "./redact.js";
import { validation } from "./schema.js";
import type { StandardSchemaV1 } from "./standard_schema.js";
import type { Bytes, Delivery } from "./types.js";

/** Where `claim` finds the scheme, also in a delivery of another copy of this package. */
export const SCHEME: unique symbol = Symbol.for("postseal.Delivery.scheme") as never;

/** What a delivery says beside its id and its time: the keys that it needed, and its media type. */
interface Circumstances {
  readonly text: string;
  readonly matchedSecretIds: readonly string[];
  readonly encryptionKeyId: string | null;
  readonly contentType: string | null;
}

/** The last ones: a receiver's deliveries mostly have the same. */
let last: Circumstances | undefined;

function circumstances(text: string): Circumstances {
  if (last?.text === text) return last;
  // The content type may hold a NUL.
  const [ids, keyId, ...contentType] = text.split("\0") as [string, string, ...string[]];
  last = {
    text,
    matchedSecretIds: Object.freeze(ids.split(" ")),
    encryptionKeyId: keyId || null,
    contentType: contentType[0] === "" ? null : contentType.join("\0").slice(1),
  };
  return last;
}

function payloadHash(body: Bytes | string): string {
  return withBytes(body, (bytes) => instance().call((core) => core.payloadHash(bytes)));
}

export class OpenedDelivery implements Delivery {
  readonly id: string | null;
  readonly timestamp: number | null;
  readonly replayKey!: string;
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
   * The body whose hash is the replay key. Its caller may change its own bytes, so these are a
   * copy, which costs a fortieth of the hash.
   */
  readonly #verified: Bytes | string = "";
  #hash: string | undefined;
  /**
   * A replay key that is hashed when it is first read: few read it, and it costs as much as the
   * verification. It is the delivery's own member, as its other facts are, and one getter for all.
   */
  static readonly #WHEN_READ: PropertyDescriptor = bare({
    enumerable: true,
    get(this: OpenedDelivery) {
      return (this.#hash ??= payloadHash(this.#verified));
    },
  });

  /**
   * `facts` is what the module answered: see `facts` in `bindings/js/src/receiver.rs`. `wire` is
   * the body as it came, and `decrypted` takes the payload of one that was encrypted.
   */
  constructor(
    facts: string,
    wire: Bytes | string,
    decrypted: () => Bytes,
    headers: HeaderSource,
    scheme: string,
  ) {
    const idEnd = facts.indexOf("\0");
    const timestampEnd = facts.indexOf("\0", idEnd + 1);
    const timestamp = facts.slice(idEnd + 1, timestampEnd);
    const { matchedSecretIds, encryptionKeyId, contentType } = circumstances(
      facts.slice(timestampEnd + 1),
    );
    this.id = facts.slice(0, idEnd) || null;
    this.timestamp = timestamp === "" ? null : Number(timestamp);
    if (this.id !== null) this.replayKey = this.id;
    else {
      this.#verified = typeof wire === "string" ? wire : wire.slice();
      Object.defineProperty(this, "replayKey", OpenedDelivery.#WHEN_READ);
    }
    this.replayKeySource = this.id === null ? "payload_hash" : "signed_id";
    this.replayProtected = this.timestamp !== null;
    this.secretId = matchedSecretIds[0] as string;
    this.matchedSecretIds = matchedSecretIds;
    this.encrypted = encryptionKeyId !== null;
    this.encryptionKeyId = encryptionKeyId;
    this.contentType = contentType;
    this.#payload = this.encrypted ? decrypted() : wire;
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

  json(): unknown;
  json<S extends StandardSchemaV1>(schema: S): StandardSchemaV1.InferOutput<S>;
  json(...schemas: [schema?: StandardSchemaV1]): unknown {
    // A schema that is there, but undefined, must not pass for none.
    if (schemas.length === 0) return parsed(this.text());
    const validate = validation(schemas[0]);
    return validate(parsed(this.text()));
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

function parsed(text: string): unknown {
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
