// The class of Standard Webhooks' library, on which Svix's is built as well.
import { WebhookError } from "../index.js";
import type { BodyInput, Delivery, ErrorCode, HeadersInput } from "../index.js";
import { bare, member } from "../own.js";
import { invalid, isRefusal, open, receiverOf, seal, type Secret } from "./kept.js";

export interface WebhookUnbrandedRequiredHeaders {
  "webhook-id": string;
  "webhook-timestamp": string;
  "webhook-signature": string;
}
export interface WebhookRequiredHeaders {
  "svix-id": string;
  "svix-timestamp": string;
  "svix-signature": string;
}
/** Headers of any kind that a receiver takes, and the two shapes of these libraries. */
export type WebhookHeaders =
  HeadersInput | WebhookRequiredHeaders | WebhookUnbrandedRequiredHeaders;
export interface WebhookOptions {
  /** The secret is the key itself, as bytes or as a string of one character a byte. */
  format?: "raw";
}

/** The message is refused; `code` says why. A WebhookError too. */
export class WebhookVerificationError extends WebhookError {
  constructor(message: string);
  /** @internal */
  constructor(message: string, code: ErrorCode);
  constructor(message: string, code: ErrorCode = "signature_mismatch") {
    super(code, message);
  }
}

const NAME = bare({ value: "WebhookVerificationError" });
Object.defineProperty(WebhookVerificationError.prototype, "name", NAME);

/** What both libraries' `Webhook` has. */
export class SigningWebhook {
  readonly #secret: Secret;

  /** `whsec_` and base64, or base64 alone, or the key itself. Throws `invalid_secret`. */
  constructor(secret: string | Uint8Array, options?: WebhookOptions) {
    this.#secret = member(options, "format") === "raw" ? rawSecret(secret) : encodedSecret(secret);
    receiverOf("standard", this.#secret);
  }

  /**
   * The signature header's value, `v1,…`. Throws `invalid_id` for an id that has other characters
   * than letters, digits, `_` and `-`, `body_not_bytes`, and `invalid_config` for what is no Date.
   */
  sign(msgId: string, timestamp: Date, payload: string | Uint8Array): string {
    if (typeof member(timestamp, "getTime") !== "function") {
      throw invalid("the timestamp must be a Date");
    }
    const headers = seal("standard", this.#secret, msgId, payload, timestamp);
    return headers["webhook-signature"] as string;
  }

  /** @internal */
  protected open(payload: BodyInput, headers: WebhookHeaders): Delivery {
    try {
      return open("standard", this.#secret, headers as HeadersInput, payload);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      throw new WebhookVerificationError(error.message, error.code);
    }
  }
}

function encodedSecret(secret: unknown): Secret {
  if (typeof secret === "string") return { text: secret };
  throw new WebhookError(
    "invalid_secret",
    'the secret must be a string: say format "raw" for one that is bytes',
  );
}

/** Printable text as what it is, and all else as base64, which keeps every byte. */
function rawSecret(secret: string | Uint8Array): Secret {
  const bytes = typeof secret === "string" ? secret : latin1(secret);
  if (/^[ -~]*$/.test(bytes)) return { text: bytes, encoding: "text" };
  if (!/[^\0-\xFF]/.test(bytes)) return { text: btoa(bytes) };
  throw new WebhookError("invalid_secret", "a raw secret has a character that is no byte");
}

function latin1(secret: unknown): string {
  if (ArrayBuffer.isView(secret) && secret.byteLength <= 255) {
    const { buffer, byteOffset, byteLength } = secret;
    return String.fromCharCode(...new Uint8Array(buffer, byteOffset, byteLength));
  }
  throw new WebhookError("invalid_secret", "a raw secret is a string or at most 255 bytes");
}
