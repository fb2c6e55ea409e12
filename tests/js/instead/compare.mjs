// The same input to a library and to its drop-in shape: the same answer, or both refuse, each with
// the class that it exports.
import { same } from "../suite/harness.js";

/** How many changed headers each library is asked about. */
export const MUTATIONS = 400;

/** What a call comes to: a value, the library's own refusal, or another error. */
async function outcome(call, Refusal) {
  try {
    return { value: await call() };
  } catch (error) {
    return error instanceof Refusal ? "refused" : "error";
  }
}

/** Compares a call to theirs with the same call to ours. */
export function compared(Theirs, Ours) {
  return async (theirs, ours) => {
    const expected = await outcome(theirs, Theirs);
    same(await outcome(ours, Ours), expected, "our outcome");
    return expected;
  };
}

/** The same numbers in each run. */
export function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Of these, no character is read by us and not by them: tabs, and commas where spaces stand. */
const CHARACTERS = "019azAZ+/=._-vt \u00e9";

export function mutated(text, next) {
  const at = next(text.length + 1);
  const character = CHARACTERS[next(CHARACTERS.length)];
  const kinds = [
    text.slice(0, at) + text.slice(at + 1),
    text.slice(0, at) + character + text.slice(at),
  ];
  kinds.push(text.slice(0, at) + character + text.slice(at + 1), `${text} ${text}`);
  return kinds[next(kinds.length)];
}

/** Whether a call throws nothing. */
export function passes(call) {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}
