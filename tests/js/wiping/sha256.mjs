// The state of SHA-256 after one block (FIPS 180-4, 6.2.2), which no library gives away.

const PRIMES = [2];
for (let candidate = 3; PRIMES.length < 64; candidate += 2) {
  if (PRIMES.every((prime) => candidate % prime !== 0)) PRIMES.push(candidate);
}

/** The first 32 bits of a number's fraction. */
const fraction = (number) => Math.floor((number - Math.floor(number)) * 2 ** 32) >>> 0;
const INITIAL = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const CONSTANTS = PRIMES.map((prime) => fraction(Math.cbrt(prime)));

const rotate = (word, bits) => ((word >>> bits) | (word << (32 - bits))) >>> 0;

/** The eight words after a block of 64 bytes, as a WebAssembly memory holds them: little-endian. */
export function blockState(block) {
  const words = schedule(block);
  let state = INITIAL;
  for (let round = 0; round < 64; round += 1) state = next(state, words[round], CONSTANTS[round]);
  const bytes = Buffer.alloc(32);
  state.forEach((word, at) => bytes.writeUInt32LE((word + INITIAL[at]) >>> 0, 4 * at));
  return bytes;
}

function schedule(block) {
  const words = Array.from({ length: 16 }, (_, at) => Buffer.from(block).readUInt32BE(4 * at));
  for (let at = 16; at < 64; at += 1) {
    const [early, late] = [words[at - 15], words[at - 2]];
    const small = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const large = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words.push((words[at - 16] + small + words[at - 7] + large) >>> 0);
  }
  return words;
}

function next([a, b, c, d, e, f, g, h], word, constant) {
  const choice = (e & f) ^ (~e & g);
  const majority = (a & b) ^ (a & c) ^ (b & c);
  const one = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + constant + word;
  const two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
  return [(one + two) >>> 0, a, b, c, (d + one) >>> 0, e, f, g];
}
