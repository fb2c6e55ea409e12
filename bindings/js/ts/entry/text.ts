// Bytes as text, for the module that stands in a file of JavaScript.
//
// Base64 spreads a byte over two characters, and gzip no longer sees what repeats. Here a byte is
// one character or two, always the same: the text is a fifth smaller, a quarter once compressed,
// and is read several times as fast. `build.mjs` writes it.

/** Printable ASCII that is itself in every literal and in an HTML page; no prefix among it. */
export const ALPHABET =
  " !#%&()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{";
/** What stands before the character of a byte of the second and of the third rank. */
export const PREFIXES = "|~";
/** The text begins with all bytes, the most frequent first, two hexadecimal digits each. */
const HEAD = 512;

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const byRank = Uint8Array.from({ length: HEAD / 2 }, (_, rank) =>
    Number.parseInt(text.slice(2 * rank, 2 * rank + 2), 16),
  );
  const rankOf = new Uint8Array(128);
  for (let rank = 0; rank < ALPHABET.length; rank++) rankOf[ALPHABET.charCodeAt(rank)] = rank;
  const [second, third] = [PREFIXES.charCodeAt(0), PREFIXES.charCodeAt(1)];

  const bytes = new Uint8Array(text.length - HEAD);
  let length = 0;
  let offset = 0;
  for (let at = HEAD; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === second) offset = ALPHABET.length;
    else if (char === third) offset = 2 * ALPHABET.length;
    else {
      bytes[length++] = byRank[offset + (rankOf[char] as number)] as number;
      offset = 0;
    }
  }
  return bytes.subarray(0, length);
}
