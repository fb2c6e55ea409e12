// The entry for React Native, whose engine has no WebAssembly: the names are there, so that code
// which shares a file with a server's still loads, and each says at its first use what to do.
import { WebhookError } from "../error.js";

export { WebhookError };

const UNSUPPORTED =
  "React Native has no WebAssembly: use postseal on your server, and keep its secrets there. " +
  "Nothing of it works in an app.";

class Unsupported {
  constructor() {
    throw unsupported();
  }
}

export { Unsupported as Receiver, Unsupported as Sender };

export function claim(): Promise<never> {
  return Promise.reject(unsupported());
}

export function init(): Promise<never> {
  return Promise.reject(unsupported());
}

export function nextAttempt(): never {
  throw unsupported();
}

export function generateSecret(): never {
  throw unsupported();
}

export function generateEncryptionKey(): never {
  throw unsupported();
}

function unsupported(): WebhookError {
  return new WebhookError("unsupported_runtime", UNSUPPORTED);
}
