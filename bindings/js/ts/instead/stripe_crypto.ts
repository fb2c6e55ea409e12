// The shape of stripe's CryptoProvider, with the core for both of stripe's: synchronous everywhere,
// also where stripe's own has only WebCrypto.
import { Receiver } from "../index.js";
import { filled } from "../own.js";
import { ANY_TIME, BODY_BYTES_MAX, hmac, seal } from "./kept.js";

/** What the signature around a body to be hashed is made with. It protects nothing. */
const HASHING = "sha256";

export class CryptoProvider {
  /** HMAC-SHA256 of text in lower-case hexadecimal. Throws `invalid_secret`, `body_not_bytes`. */
  computeHMACSignature(payload: string, secret: string): string {
    return hmac(secret, payload);
  }

  /** The same, later. */
  async computeHMACSignatureAsync(payload: string, secret: string): Promise<string> {
    return hmac(secret, payload);
  }

  /** SHA-256 of bytes. */
  async computeSHA256Async(data: Uint8Array): Promise<Uint8Array> {
    const hex = sha256(data);
    const byte = (at: number) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
    return Uint8Array.from(filled(hex.length / 2, byte));
  }
}

/** In the place of `Stripe.createNodeCryptoProvider` and `Stripe.createSubtleCryptoProvider`. */
export function createCryptoProvider(): CryptoProvider {
  return new CryptoProvider();
}

/** The replay key of a body without an id is its hash. */
function sha256(data: Uint8Array): string {
  const headers = seal("github", { text: HASHING }, "sha256", data, ANY_TIME);
  // Bytes in the form of the receiver's envelope would be refused: no token has a brace, and an
  // object has one.
  const envelope = data.includes(0x7b) ? "jwe" : "json";
  const receiver = new Receiver({
    scheme: "github",
    secrets: HASHING,
    envelope,
    maxBodyBytes: BODY_BYTES_MAX,
  });
  try {
    return receiver.open(headers, data, { now: ANY_TIME }).replayKey.slice("sha256:".length);
  } finally {
    receiver[Symbol.dispose]();
  }
}
