// Adds hostile members to prototypes for the duration of a test.
import { EVIL_SECRET, STALE } from "./known.js";

/** How many times a function of a polluted prototype was called. */
export const calls = { count: 0 };

const hostileFunction = () => {
  calls.count += 1;
  return HOSTILE_OBJECT;
};
/** Not counted: `JSON.stringify` calls it before the package can discard its result. */
const toHostileJson = () => HOSTILE_OBJECT;
const HOSTILE_OBJECT = Object.freeze({
  secrets: EVIL_SECRET,
  secret: EVIL_SECRET,
  encoding: "text",
  success: true,
  swapped: true,
  changed: true,
  current: null,
  status: 200,
});
/** The most harmful value for an option of this name. */
const OF_NAME = {
  __proto__: null,
  code: "FST_ERR_CTP_INVALID_MEDIA_TYPE",
  encoding: "text",
  encryption: "optional",
  envelope: "json",
  format: "raw",
  jsonParse: false,
  keys: Object.freeze({ secrets: EVIL_SECRET }),
  object: "v2.core.event",
  scheme: "github",
  tamper: "body",
  version: "2.0",
};
const GENERAL = {
  __proto__: null,
  "the attacker's secret": EVIL_SECRET,
  "the attacker's keys": HOSTILE_OBJECT,
  "a list": [HOSTILE_OBJECT, "webhook-id"],
  "a pair": ["webhook-id", "evil"],
  "an old time": STALE,
  "a large number": 999_999_999,
  true: true,
  false: false,
  "a function": hostileFunction,
};

/** The ways to pollute all names at once: each makes the descriptor for a name. */
export const WAYS = {
  ...Object.fromEntries(
    Object.entries(GENERAL).map(([what, value]) => [what, () => data(value)]),
  ),
  "what is worst for the name": (name) => data(worst(name)),
  "an object that cannot be written over": () => ({ ...data(HOSTILE_OBJECT), writable: false }),
  "a getter and a setter": () => accessor(HOSTILE_OBJECT, () => {}),
  "a getter alone": () => accessor("text", undefined),
};
/** The ways to pollute one name at a time, a few to keep the test short. */
export const WAYS_OF_ONE = ["what is worst for the name", "a getter and a setter"];

function worst(name) {
  if (name in OF_NAME) return OF_NAME[name];
  if (/^(now|timestamp|receivedAt|not[AB]\w+)$/.test(name)) return STALE;
  if (/seconds|ms$|max|tolerance|requests|attempt|length/i.test(name)) return 1;
  if (/^(on[A-Z]\w+|limit|get\w*|swap|eval|fetch|toJSON)$/.test(name)) return hostileFunction;
  if (/^(\w+ed|\w+Sent|is\w+|\w*Read|done|sent|success|complete)$/.test(name)) return true;
  return /^\w*(keys|secrets?|dedupe|store)$/i.test(name) ? HOSTILE_OBJECT : "evil";
}

/**
 * Adds members of these names to a prototype, and returns a function that removes them. The
 * language itself calls `then` for every promise and `return` for every iteration that ends early,
 * so `then` never gets a function and `return` is left alone.
 */
export function pollute(prototype, names, way) {
  const added = names.filter((name) => {
    const descriptor = way(name);
    const isFunction = typeof descriptor.value === "function";
    if (isFunction && name === "toJSON") descriptor.value = toHostileJson;
    if (isFunction && name === "then") return false;
    if (name === "return" || Object.hasOwn(prototype, name)) return false;
    Object.defineProperty(prototype, name, { __proto__: null, configurable: true, ...descriptor });
    return true;
  });
  return () => {
    for (const name of added) delete prototype[name];
  };
}

/**
 * The same with getters that only record their readers: `seen` collects each name that the
 * package's code reads, and none that only the platform reads.
 */
export function watch(prototype, names, seen) {
  const note = (what) => {
    const [, , , ...lines] = new Error(what).stack.split("\n");
    // A builtin reads on behalf of its caller. Two reads cannot be avoided: the language reads
    // `then` of a promise's value, and `JSON.stringify` reads what the package then discards.
    const caller = lines.find((line) => !line.includes("<anonymous>")) ?? "";
    const isItsOwn = what === "then" || lines.at(0)?.includes("JSON.stringify");
    if (!isItsOwn && WATCHED.test(caller)) seen.add(`${what} ${caller.trim()}`);
  };
  return pollute(prototype, names, (name) => ({
    get() {
      note(name);
      return undefined;
    },
    set(value) {
      note(`set ${name}`);
      Object.defineProperty(this, name, {
        __proto__: null,
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
  }));
}

/** The package, and the fake that reads its options as a platform does. */
const WATCHED = /node_modules.postseal|dictionary/;

function data(value) {
  return { value, writable: true, enumerable: true };
}

function accessor(value, set) {
  return { get: () => value, set, enumerable: true };
}
