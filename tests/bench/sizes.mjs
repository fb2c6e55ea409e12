// The sizes of a payload: most webhooks are of one of the first two.

export const SIZES = { "256 B": 256, "1 KiB": 1024, "16 KiB": 16 * 1024, "256 KiB": 256 * 1024 };

/** A JSON text of the given length. */
export function payloadOf(length) {
  return JSON.stringify({ text: "x".repeat(length - '{"text":""}'.length) });
}
