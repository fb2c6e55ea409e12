// Secrets, keys and messages that the tests of the surface share.

export const NOW = 1_700_000_000;
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
export const KEY = `whenc_${btoa("0123456789abcdef0123456789abcdef")}`;
export const PAYLOAD = '{"amount":4200,"card":"4242"}';

/** A plain message, sealed. */
export function plain({ Sender }, options = {}) {
  return new Sender({ secrets: SECRET, ...options }).seal(
    { id: "evt_1", payload: PAYLOAD },
    { now: NOW },
  );
}

/** An encrypted message, sealed. */
export function encrypted(postseal, options = {}) {
  return plain(postseal, { encryptionKeys: KEY, ...options });
}

export function bytes(text) {
  return new TextEncoder().encode(text);
}
