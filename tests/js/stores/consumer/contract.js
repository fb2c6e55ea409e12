// What every store must do: the contract of `Store`, and `claim` over it. For any runtime.
import { storedClaimTests } from "./contract_claims.js";
import { ok, same } from "./suite/harness.js";
import { replaced } from "./suite/host.js";

/** Values and keys that a careless store would mistake for something else. */
const ODD = [
  "",
  " ",
  "=",
  "=a",
  "'; DROP TABLE postseal_claims; --",
  '"quoted" \\back\\slash ${a} %s $1 ?',
  "line\nbreak\ttab\r\n",
  "é",
  "e\u0301",
  "日本語 \u{1f510} \u{10ffff}",
  "null",
  "0",
  "ABC",
  "abc",
  "abc ",
  "x".repeat(1000),
];
const LONG = 3600;
/** One claim in 32 sweeps: the first random number that does not, and the last that does. */
const NEVER = 1 / 32;
const JUST = NEVER - 2 ** -53;
const SWEPT = 256;

/**
 * `from` is `{ postseal, vectors, store, rows, objects }`. `rows` counts the rows of a store that
 * has some, and is empty; `objects` says in how many databases they are.
 */
export function contractTests({ test, ...from }) {
  let keys = 0;
  const newKey = () => `contract:${(keys += 1)}`;
  if (from.rows !== undefined) sweepTests({ ...from, test });
  swapTests({ ...from, newKey, test });
  oddTests({ ...from, newKey, test });
  expiryTests({ ...from, newKey, test });
  raceTests({ ...from, newKey, test });
  storedClaimTests({ ...from, test });
}

function swapTests({ store, newKey, test }) {
  const swaps = async (...rows) => {
    const key = newKey();
    for (const [expected, next, swapped, current] of rows) {
      const answer = await store.swap(key, expected, next, LONG);
      same(answer, { swapped, current }, `answer to swap(${expected}, ${next})`);
    }
  };
  test("an absent value is written", () => swaps([null, "a", true, "a"], ["a", "a", true, "a"]));
  test("a live one is not taken for absent", () =>
    swaps([null, "a", true, "a"], [null, "b", false, "a"], ["a", "b", true, "b"]));
  test("an equal one is replaced", () =>
    swaps([null, "a", true, "a"], ["a", "b", true, "b"], ["b", "a", true, "a"]));
  test("an unequal one is reported, and stays", () =>
    swaps([null, "a", true, "a"], ["b", "c", false, "a"], ["a", "d", true, "d"]));
  test("an absent one equals no text", () =>
    swaps(["a", "b", false, null], ["", "b", false, null], [null, "c", true, "c"]));
  test("an equal one is deleted", () =>
    swaps([null, "a", true, "a"], ["a", null, true, null], ["a", "b", false, null]));
  test("an unequal one is not deleted", () =>
    swaps([null, "a", true, "a"], ["b", null, false, "a"], ["a", "a", true, "a"]));
  test("nothing in place of nothing", () =>
    swaps([null, null, true, null], [null, "a", true, "a"], [null, null, false, "a"]));
}

function oddTests({ store, newKey, test }) {
  for (const [index, odd] of ODD.entries()) {
    test(`text ${index} is a value like any other`, async () => {
      const key = newKey();
      same(await store.swap(key, null, odd, LONG), { swapped: true, current: odd });
      for (const other of ODD.filter((text) => text !== odd)) {
        same(await store.swap(key, other, "lost", LONG), { swapped: false, current: odd });
      }
      same(await store.swap(key, odd, "kept", LONG), { swapped: true, current: "kept" });
    });
  }
  test("keys that look alike are apart", async () => {
    for (const odd of ODD) {
      same(await store.swap(odd, null, `of ${odd}`, LONG), { swapped: true, current: `of ${odd}` });
    }
    for (const odd of ODD) same((await store.swap(odd, `of ${odd}`, null, LONG)).swapped, true);
  });
}

function expiryTests({ store, newKey, test }) {
  test("an expired value is absent", async () => {
    const [first, second, third] = [newKey(), newKey(), newKey()];
    for (const key of [first, second, third]) await store.swap(key, null, "a", 1);
    // Each is refused while the value lives.
    await until(async () => (await store.swap(first, null, "b", LONG)).swapped);
    await until(async () => (await store.swap(second, "b", "c", LONG)).current === null);
    await until(async () => (await store.swap(third, null, null, LONG)).swapped);
    same(await store.swap(first, null, "c", LONG), { swapped: false, current: "b" });
    same(await store.swap(second, "a", "b", LONG), { swapped: false, current: null });
    same(await store.swap(third, "a", null, LONG), { swapped: false, current: null });
  });
  test("a swap sets the time to live anew, longer or shorter", async () => {
    const [longer, shorter] = [newKey(), newKey()];
    await store.swap(longer, null, "a", 1);
    await store.swap(shorter, null, "a", LONG);
    same((await store.swap(longer, "a", "b", LONG)).swapped, true);
    same((await store.swap(shorter, "a", "b", 1)).swapped, true);
    await until(async () => (await store.swap(shorter, null, "c", LONG)).swapped);
    same(await store.swap(longer, null, "c", LONG), { swapped: false, current: "b" });
  });
  test("what is refused does not extend the time to live", async () => {
    const key = newKey();
    await store.swap(key, null, "a", 1);
    await until(async () => (await store.swap(key, "b", "b", LONG)).current === null);
  });
}

function raceTests({ store, newKey, test }) {
  test("of many at once, one is the first", async () => {
    const key = newKey();
    const names = Array.from({ length: 50 }, (_, index) => `worker ${index}`);
    const answers = await Promise.all(names.map((name) => store.swap(key, null, name, LONG)));
    same(answers.filter(({ swapped }) => swapped).length, 1);
    const [{ current: first }] = answers.filter(({ swapped }) => swapped);
    same(
      answers.map(({ current }) => current),
      names.map(() => first),
    );
  });
  test("no swap is lost", async () => {
    const key = newKey();
    const add = async () => {
      let expected = null;
      for (;;) {
        const next = String(Number(expected) + 1);
        const { swapped, current } = await store.swap(key, expected, next, LONG);
        if (swapped) return;
        ok(current !== expected, "a refusal reports another value than the expected one");
        expected = current;
      }
    };
    await Promise.all(Array.from({ length: 8 }, add));
    same((await store.swap(key, "8", null, LONG)).swapped, true);
  });
}

/** Chance decides when a claim sweeps: here it is told. */
function sweepTests({ store, rows, objects = 1, test }) {
  const claimed = async (chance, name, count, ttlSeconds) => {
    const restore = replaced(Math, "random", () => chance);
    try {
      for (let index = 0; index < count; index += 1) {
        await store.swap(`${name}:${index}`, null, "a", ttlSeconds);
      }
    } finally {
      restore();
    }
  };
  test("new claims sweep what has expired, a bounded number, and nothing else", async () => {
    await claimed(NEVER, "live", 300, LONG);
    await claimed(NEVER, "expired", 300, 1);
    await until(async () => (await store.swap("expired:299", "b", "b", 1)).current === null);
    await claimed(NEVER, "unswept", 1, LONG);
    same(await rows(), 601, "rows before a sweep");
    if (objects === 1) {
      await claimed(JUST, "first", 1, LONG);
      same(await rows(), 602 - SWEPT, "rows after a sweep");
    }
    await claimed(JUST, "second", objects * 16, LONG);
    same(await rows(), 301 + (objects === 1 ? 17 : objects * 16), "rows after all sweeps");
    for (let index = 0; index < 300; index += 1) {
      same((await store.swap(`live:${index}`, "a", null, LONG)).swapped, true);
    }
  });
}

/** Waits until it holds. */
async function until(holds) {
  const deadline = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it never comes to hold");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
