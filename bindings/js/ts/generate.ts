// New secrets and keys, from the platform's randomness.
import { instance } from "./module.js";

/**
 * A new signing secret, `whsec_…`. Throws `entropy_unavailable`, for one at module scope on
 * Cloudflare.
 */
export function generateSecret(): string {
  return instance().call((core) => core.generateSecret());
}

/** A new encryption key, `whenc_…`. Throws as `generateSecret` does. */
export function generateEncryptionKey(): string {
  return instance().call((core) => core.generateEncryptionKey());
}
