// What the programs here share: keys, a receiver that takes plain and encrypted bodies, and
// messages.
import { Receiver, Sender } from "postseal";
import { KEY, PAYLOAD, SECRET } from "../suite/known.js";

export { PAYLOAD };
export const REFUSED = "webhook refused\n";
export const LIMIT = 100_000;

export const receiver = new Receiver({
  secrets: SECRET,
  encryptionKeys: KEY,
  encryption: "optional",
  maxBodyBytes: LIMIT,
});
const plain = new Sender({ secrets: SECRET });
const encrypting = new Sender({ secrets: SECRET, encryptionKeys: KEY });

/** A message signed now. */
export function seal(id = "evt_1", payload = PAYLOAD) {
  return plain.seal({ id, payload, contentType: "application/json" });
}

export function sealEncrypted(id = "evt_1", payload = PAYLOAD) {
  return encrypting.seal({ id, payload });
}
