// `postseal/testing`: signed requests for a user's own tests, right ones and wrong ones.
import { WebhookError } from "./error.js";
import { Sender } from "./index.js";
import { members, seconds } from "./options.js";
import { bare } from "./own.js";
import type {
  Bytes,
  Instant,
  Message,
  Scheme,
  Sealed,
  SecretInput,
  SenderOptions,
} from "./types.js";

/** What a test delivery is made of. */
export interface TestDelivery {
  /** Default: `standard`. */
  readonly scheme?: Scheme;
  /** The receiver's own. */
  readonly secret: SecretInput;
  /** The receiver's own, where it takes encrypted messages. */
  readonly encryptionKey?: SecretInput;
  /** Default: the scheme's own. */
  readonly envelope?: "jwe" | "json";
  /** The receiver's own, where it has one. */
  readonly audience?: string;
  readonly message: Message;
  /** When it is sent. Default: the host's clock. */
  readonly now?: Instant;
  /**
   * What is wrong with it: `body`, another byte than was signed (`signature_mismatch`);
   * `signature`, one of another secret (`signature_mismatch`); `old`, sent more than a day ago,
   * the largest tolerance (`timestamp_too_old`); `unsigned`, no signature (`missing_header`).
   */
  readonly tamper?: "body" | "signature" | "old" | "unsigned";
}

const KEYS = ["secret", "encryptionKey"];
const OPTIONS = ["scheme", ...KEYS, "envelope", "audience", "message", "now", "tamper"];
/** A second more than the largest tolerance. */
const OLD_SECONDS = 86_401;
const WITHOUT_TIMESTAMP: readonly unknown[] = ["github", "shopify"] satisfies Scheme[];
const SIGNATURE_HEADER = /signature|hmac/i;
/** The MAC in the header's value, whatever stands before it. */
const MAC = /[A-Za-z0-9+/]+=*$/;

/**
 * The headers and the body of a message as its sender would send it, or with one thing wrong.
 * Throws what `Sender` throws, and `invalid_config` for `old` under a scheme that signs no
 * timestamp (`github`, `shopify`): nothing there is ever too old.
 */
export function testDelivery(options: TestDelivery): Sealed {
  const given = members(options, OPTIONS, "the test delivery") as Partial<TestDelivery>;
  const { tamper, scheme } = given;
  if (tamper === "old" && WITHOUT_TIMESTAMP.includes(scheme)) {
    throw invalid('`tamper: "old"` needs a scheme that signs a timestamp');
  }
  // A key that is there, but undefined, must not pass for none.
  const encrypted = Object.hasOwn(options, "encryptionKey");
  const sealed = seal(given, encrypted, tamper === "old");
  switch (tamper) {
    case undefined:
    case "old":
      return sealed;
    case "body":
      return { ...sealed, body: otherBody(sealed.body) };
    case "signature":
      return { ...sealed, headers: otherSignature(sealed.headers) };
    case "unsigned":
      return { ...sealed, headers: unsigned(sealed.headers) };
    default:
      throw invalid('`tamper` must be "body", "signature", "old" or "unsigned"');
  }
}

/** The same as a POST request. Throws `invalid_config` for an address that no request can have. */
export function testRequest(url: string | URL, options: TestDelivery): Request {
  const { headers, body } = testDelivery(options);
  return new Request(address(url), bare({ method: "POST", headers, body }));
}

/** What `Request` takes; not every runtime minds a user and a password in it. */
function address(url: string | URL): string {
  try {
    const { href, username, password } = new URL(url);
    if (username === "" && password === "") return href;
  } catch {
    // The platform's own error quotes the address.
  }
  throw invalid("a test request needs an absolute URL without user and password");
}

function seal(given: Partial<TestDelivery>, encrypted: boolean, old: boolean): Sealed {
  const { secret, encryptionKey, message, now, tamper: _, ...options } = given;
  const keys = encrypted ? { encryptionKeys: encryptionKey } : {};
  const sender = new Sender({ secrets: secret, ...keys, ...options } as SenderOptions);
  try {
    const sent = old ? (seconds(now) ?? Date.now() / 1000) - OLD_SECONDS : now;
    return sender.seal(message as Message, sent === undefined ? {} : { now: sent });
  } finally {
    sender[Symbol.dispose]();
  }
}

function otherBody(body: Bytes): Bytes {
  if (body.length === 0) return new Uint8Array(1);
  const other = body.slice();
  other[other.length - 1] = (other.at(-1) as number) ^ 1;
  return other;
}

/** Both digits are in every encoding of a MAC, so it stays in its grammar. */
function otherSignature(headers: Sealed["headers"]): Sealed["headers"] {
  const changed = Object.entries(headers).map(([name, value]) => [
    name,
    SIGNATURE_HEADER.test(name)
      ? value.replace(MAC, (mac) => (mac.startsWith("0") ? "1" : "0") + mac.slice(1))
      : value,
  ]);
  return Object.fromEntries(changed) as Sealed["headers"];
}

function unsigned(headers: Sealed["headers"]): Sealed["headers"] {
  const kept = Object.entries(headers).filter(([name]) => !SIGNATURE_HEADER.test(name));
  return Object.fromEntries(kept);
}

function invalid(message: string): WebhookError {
  return new WebhookError("invalid_config", message);
}
