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
/** ASCII. */
const PAGE = 128;

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const byteOf = byteTable(text);
  const [second, third] = [PREFIXES.charCodeAt(0), PREFIXES.charCodeAt(1)];

  const bytes = new Uint8Array(text.length - HEAD);
  let length = 0;
  let page = 0;
  for (let at = HEAD; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === second) page = PAGE;
    else if (char === third) page = 2 * PAGE;
    else {
      bytes[length++] = byteOf[page + char] as number;
      page = 0;
    }
  }
  return bytes.subarray(0, length);
}

/** The byte of each character, a page of them for each rank: the loop above looks once. */
function byteTable(text: string): Uint8Array {
  const table = new Uint8Array(3 * PAGE);
  for (let at = 0; at < HEAD / 2; at++) {
    const page = PAGE * Math.floor(at / ALPHABET.length);
    const char = ALPHABET.charCodeAt(at % ALPHABET.length);
    table[page + char] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return table;
}
