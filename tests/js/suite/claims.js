// `claim`, over the memory store and over stores that misbehave.
import { NOW, PAYLOAD, plain, SECRET } from "./known.js";
import { ok, same, rejectsCode, throwsCode } from "./harness.js";
import { replaced, whileHost } from "./host.js";

export function claimTests({ postseal, stores, test }) {
  const { memoryStore } = stores;
  const receiver = new postseal.Receiver({ secrets: SECRET });
  const delivery = (id = "evt_1", payload = PAYLOAD) => {
    const sealed = new postseal.Sender({ secrets: SECRET }).seal({ id, payload }, { now: NOW });
    return receiver.open(sealed.headers, sealed.body, { now: NOW });
  };
  const outcome = async (store, options, what) =>
    (await postseal.claim(store, what, options)).outcome;
  const from = { postseal, memoryStore, delivery, first: delivery(), outcome, test };
  holderTests(from);
  repeatTests(from);
  badStoreTests(from);
  refusedClaims(from);
  memoryStoreTests(from);
  fullStoreTests(from);
}

function at(seconds) {
  return { source: "orders", now: NOW + seconds };
}

function holderTests({ postseal: { claim }, memoryStore, first, outcome, test }) {
  test("claim: new, in progress, duplicate", async () => {
    const store = memoryStore();
    const mine = await claim(store, first, at(0));
    same([mine.outcome, mine.attempt], ["new", 1]);
    same(await claim(store, first, at(10)), { outcome: "in_progress", retryAfterSeconds: 50 });
    same(await mine.done(), "ok");
    same(await outcome(store, at(11), first), "duplicate");
    same(await mine.done(), "ok");
  });
  test("claim: after a failure the next may begin at once", async () => {
    const store = memoryStore();
    same(await (await claim(store, first, at(0))).failed(), "ok");
    const second = await claim(store, first, at(1));
    same([second.outcome, second.attempt], ["new", 2]);
  });
  test("claim: after the lease another takes over, and the first has lost", async () => {
    const store = memoryStore();
    const mine = await claim(store, first, at(0));
    const other = await claim(store, first, at(60));
    same([other.outcome, other.attempt], ["new", 2]);
    same([await mine.renew(), await mine.done(), await other.done()], ["lost", "lost", "ok"]);
  });
  test("claim: a renewed lease begins anew", async () => {
    const store = memoryStore();
    const clock = (seconds) => ({
      source: "orders",
      now: new Date((NOW + seconds) * 1000),
      leaseSeconds: 30,
    });
    const mine = await claim(store, first, clock(0));
    for (const seconds of [5, 10]) {
      same(await whileHost({ now: NOW + seconds }, () => mine.renew()), "ok");
    }
    const later = await whileHost({ now: NOW + 11 }, () => claim(store, first, clock(11)));
    same(later.retryAfterSeconds, 29);
  });
}

function repeatTests({ postseal: { claim }, memoryStore, delivery, first, outcome, test }) {
  test("claim: the same id with another payload is a conflict", async () => {
    const store = memoryStore();
    await claim(store, first, at(0));
    same(await outcome(store, at(0), delivery("evt_1", "other")), "conflict");
  });
  test("claim: sources and ids are apart", async () => {
    const store = memoryStore();
    await claim(store, first, at(0));
    same(await outcome(store, { source: "other", now: NOW }, first), "new");
    same(await outcome(store, at(0), delivery("evt_2")), "new");
  });
  test("claim: of 200 at once on 20 ids, 20 are new", async () => {
    const store = memoryStore();
    const deliveries = Array.from({ length: 200 }, (_, at) => delivery(`evt_${at % 20}`));
    const claims = await Promise.all(deliveries.map((one) => outcome(store, at(0), one)));
    same(claims.filter((one) => one === "new").length, 20);
    same(claims.filter((one) => one === "in_progress").length, 180);
  });
  test("claim: what stands in the store names nothing of the delivery", async () => {
    const seen = [];
    const store = memoryStore();
    const watched = { swap: (...texts) => (seen.push(...texts), store.swap(...texts)) };
    await (await claim(watched, first, at(0))).done();
    ok(!seen.some((text) => /evt_1|orders|4242/.test(String(text))), seen.join(" "));
  });
}

function badStoreTests({ postseal, first, test }) {
  const { claim } = postseal;
  const answers = {
    throws: () => Promise.reject(new Error("down")),
    "throws at once": () => {
      throw new Error("down");
    },
    "answers nothing": async () => undefined,
    "answers a number": async () => ({ swapped: false, current: 5 }),
    "holds another's text": async () => ({ swapped: false, current: "hello" }),
  };
  for (const [name, swap] of Object.entries(answers)) {
    test(`claim: a store that ${name} is unavailable`, async () => {
      const error = await rejectsCode(postseal, "store_unavailable", claim({ swap }, first, at(0)));
      same(error.status, 503);
    });
  }
  test("claim: a store that changes without end is given up", async () => {
    const texts = [];
    const swap = async (key, expected, next) => {
      same(expected, texts.at(-1) ?? null, "what the claim expects is what it was told");
      texts.push(failedAfter(expected, next));
      return { swapped: false, current: texts.at(-1) };
    };
    const error = await rejectsCode(postseal, "store_unavailable", claim({ swap }, first, at(0)));
    ok(error.message.includes("changed in every round"), error.message);
    ok(texts.length > 1 && new Set(texts).size === texts.length, `texts: ${texts.join(" ")}`);
  });
}

function refusedClaims({ postseal, memoryStore, first, test }) {
  const refused = {
    "no store": [undefined, first, at(0)],
    "a store without swap": [{}, first, at(0)],
    "an object for the delivery": [
      memoryStore(),
      { replayKey: "evt_1", payload: new Uint8Array() },
      at(0),
    ],
    "no options": [memoryStore(), first, undefined],
    "no source": [memoryStore(), first, {}],
    "an empty source": [memoryStore(), first, { source: "" }],
    "a lease of text": [memoryStore(), first, { source: "a", leaseSeconds: "60" }],
    "a lease of 0": [memoryStore(), first, { source: "a", leaseSeconds: 0 }],
    "a retention below the lease": [memoryStore(), first, { source: "a", retainSeconds: 59 }],
    "an unknown option": [memoryStore(), first, { source: "a", ttl: 1 }],
    "a time in milliseconds": [memoryStore(), first, { source: "a", now: NOW * 1000 }],
  };
  for (const [name, [store, what, options]] of Object.entries(refused)) {
    test(`claim: ${name} is refused`, () =>
      rejectsCode(postseal, "invalid_config", postseal.claim(store, what, options)));
  }
}

/** What stands in a store when the attempt after the one in `text` has failed. */
function failedAfter(text, next) {
  const [, , token, digest] = next.split(":");
  const attempt = Number(text?.split(":").at(-1) ?? 0) + 1;
  return `v1:failed:${token}:${digest}:${attempt}`;
}

function memoryStoreTests({ postseal, memoryStore, test }) {
  test("memory store: compare and set", async () => {
    const store = memoryStore();
    same(await store.swap("k", "a", "b", 60), { swapped: false, current: null });
    same(await store.swap("k", null, "a", 60), { swapped: true, current: "a" });
    same(await store.swap("k", null, "b", 60), { swapped: false, current: "a" });
    same(await store.swap("k", "a", "b", 60), { swapped: true, current: "b" });
    same(await store.swap("k", "b", null, 60), { swapped: true, current: null });
    same(await store.swap("k", null, "c", 60), { swapped: true, current: "c" });
  });
  test("memory store: what has expired is absent, and makes room", async () => {
    const store = memoryStore({ maxKeys: 1 });
    const after = (seconds, ...swap) =>
      whileHost({ now: NOW + seconds }, () => store.swap(...swap));
    await after(0, "k", null, "a", 60);
    same(await after(59, "k", null, "b", 60), { swapped: false, current: "a" });
    same(await after(60, "k", "a", "b", 60), { swapped: false, current: null });
    same(await after(60, "other", null, "a", 60), { swapped: true, current: "a" });
  });
  test("memory store: what is live is never evicted", async () => {
    const store = memoryStore({ maxKeys: 2 });
    await store.swap("a", null, "1", 60);
    await store.swap("b", null, "1", 60);
    await rejectsCode(postseal, "store_unavailable", store.swap("c", null, "1", 60));
    same(await store.swap("a", "1", "2", 60), { swapped: true, current: "2" });
    await store.swap("b", "1", null, 60);
    same(await store.swap("c", null, "1", 60), { swapped: true, current: "1" });
  });
  test("memory store: a bad bound", () => {
    for (const maxKeys of [0, 1.5, "9", Infinity])
      throwsCode(postseal, "invalid_config", () => memoryStore({ maxKeys }));
  });
  test("memory store: bad options", () => {
    for (const options of [null, 5, "9", [], new Map(), { maxKey: 9 }, { maxKeys: 9, ttl: 1 }])
      throwsCode(postseal, "invalid_config", () => memoryStore(options));
    memoryStore({ maxKeys: undefined });
  });
}

function fullStoreTests({ postseal, memoryStore, test }) {
  const after = (seconds, run) => whileHost({ now: NOW + seconds }, run);
  const refused = (store) =>
    rejectsCode(postseal, "store_unavailable", store.swap("more", null, "1", 60));
  test("memory store: a full one refuses without a look at every key", async () => {
    const store = memoryStore({ maxKeys: 2000 });
    for (let key = 0; key < 2000; key += 1) await store.swap(`${key}`, null, "1", 60);
    const iterator = Object.getPrototypeOf(new Map().entries());
    const { next } = iterator;
    let seen = 0;
    const counting = function () {
      seen += 1;
      return next.call(this);
    };
    const restore = replaced(iterator, "next", counting);
    try {
      for (let turn = 0; turn < 10; turn += 1) await refused(store);
    } finally {
      restore();
    }
    ok(seen <= 2001, `${seen} keys looked at in 10 refusals of 2000 keys`);
  });
  test("memory store: what expires makes room in any order", async () => {
    const store = memoryStore({ maxKeys: 499 });
    // 499 is a prime: each lifetime from 1 to 499 seconds once.
    const lifetime = (key) => ((key * 211) % 499) + 1;
    await after(0, async () => {
      for (let key = 0; key < 499; key += 1) await store.swap(`${key}`, null, "1", lifetime(key));
    });
    let made = 0;
    for (const seconds of [1, 2, 10, 150, 498, 499]) {
      await after(seconds, async () => {
        for (; made < seconds; made += 1) await store.swap(`new ${made}`, null, "1", 1000);
        await refused(store);
      });
    }
  });
  test("memory store: what is written again lives on, however often", async () => {
    const store = memoryStore({ maxKeys: 2 });
    await after(0, () => store.swap("a", null, "0", 1));
    await after(0, () => store.swap("b", null, "0", 1));
    for (let turn = 0; turn < 3000; turn += 1) {
      await after(0, () => store.swap("a", `${turn}`, `${turn + 1}`, 60));
    }
    await after(1, async () => {
      same(await store.swap("c", null, "1", 60), { swapped: true, current: "1" });
      same((await store.swap("a", null, "1", 60)).current, "3000");
      await refused(store);
    });
    same((await after(60, () => store.swap("a", null, "1", 60))).swapped, true);
  });
}
