// `receiver.handler`: limit, bounded read, open, claim, the function, and one answer.
import { bytes, KEY, PAYLOAD, plain, SECRET } from "./known.js";
import { ok, same, throwsCode } from "./harness.js";
import { replaced } from "./host.js";

const REFUSED = "webhook refused\n";
const DEDUPE = { source: "orders" };

export function handlerTests({ postseal, stores, test }) {
  const receiver = new postseal.Receiver({ secrets: SECRET, maxBodyBytes: 1000 });
  const sender = new postseal.Sender({ secrets: SECRET });
  const seal = (id = "evt_1", payload = PAYLOAD) => sender.seal({ id, payload });
  const from = { postseal, stores, receiver, seal, test };
  acceptedRequests(from);
  refusedRequests(from);
  answersOfOnDelivery(from);
  failuresOfOnDelivery(from);
  limits(from);
  repeats(from);
  failingStores(from);
  callbacksThatFail(from);
  consoleTests(from);
  refusedOptions(from);
}

/** A handler that notes what each function gets, and what an option of the test's own adds. */
function noting({ receiver, ...options }) {
  const seen = { deliveries: [], refused: [], errors: [] };
  const handle = receiver.handler({
    onRefused: (error, ...args) => void seen.refused.push([error, ...args]),
    onError: (error, ...args) => void seen.errors.push([error, ...args]),
    ...options,
    onDelivery: (delivery, ...args) => {
      seen.deliveries.push([delivery, ...args]);
      return options.onDelivery?.(delivery, ...args);
    },
  });
  return { seen, handle };
}

function counts({ deliveries, refused, errors }) {
  return [deliveries.length, refused.length, errors.length];
}

function request({ headers, body }) {
  const init = { method: "POST", headers, body, duplex: "half" };
  return new Request("https://example.org/hooks", init);
}

/** An answer that refuses: its status, the one text, and nothing else. */
async function refusedWith(status, answer) {
  same([answer.status, await answer.text()], [status, REFUSED]);
  return answer;
}

function acceptedRequests({ postseal, receiver, seal, test }) {
  test("handler: a delivery reaches the function, and is answered 204", async () => {
    const { seen, handle } = noting({ receiver });
    const answer = await handle(request(seal()));
    same([answer.status, await answer.text(), ...counts(seen)], [204, "", 1, 0, 0]);
    same(seen.deliveries[0][0].text(), PAYLOAD);
  });
  test("handler: an encrypted one", async () => {
    const sealing = { secrets: SECRET, encryptionKeys: KEY };
    const { seen, handle } = noting({ receiver: new postseal.Receiver(sealing) });
    const message = { id: "evt_1", payload: PAYLOAD };
    same((await handle(request(new postseal.Sender(sealing).seal(message)))).status, 204);
    same(seen.deliveries[0][0].text(), PAYLOAD);
  });
  test("handler: what the platform passes goes on to every function", async () => {
    const args = [{ name: "env" }, { name: "context" }];
    const limited = [];
    const { seen, handle } = noting({
      receiver,
      limit: async (...given) => {
        limited.push(given);
        return { success: limited.length < 3 };
      },
      dedupe: {
        ...DEDUPE,
        store: (...given) => {
          same(given, args);
          return { swap: async () => ({ swapped: true, current: null }) };
        },
      },
      onDelivery: () => {
        throw new Error("x");
      },
    });
    await handle(request(seal()), ...args);
    await handle(request({ headers: {}, body: "" }), ...args);
    const third = request(seal());
    await handle(third, ...args);
    for (const list of Object.values(seen)) same(list[0].slice(1), args);
    same(counts(seen), [1, 2, 1]);
    ok(limited[2][0] === third, "the request");
    same(limited[2].slice(1), args);
  });
}

function refusedRequests({ postseal, receiver, seal, test }) {
  const refused = {
    "missing_header, 401": { headers: {}, body: PAYLOAD },
    "signature_mismatch, 401": { ...seal(), body: "another" },
    "duplicate_header, 401": () => {
      const { headers, body } = seal();
      const twice = [...Object.entries(headers), ["webhook-id", "evt_2"]];
      return { headers: twice, body };
    },
    "body_too_large, 413": { ...seal(), body: "x".repeat(1001) },
    "timestamp_too_old, 401": plain(postseal),
  };
  for (const [name, given] of Object.entries(refused)) {
    test(`handler: ${name}, and the reason for \`onRefused\` alone`, async () => {
      const [code, status] = name.split(", ");
      const { seen, handle } = noting({ receiver });
      const sealed = typeof given === "function" ? given() : given;
      await refusedWith(Number(status), await handle(request(sealed)));
      same([...counts(seen), seen.refused[0][0].code], [0, 1, 0, code]);
      ok(seen.refused[0][0] instanceof postseal.WebhookError, "the receiver's own class");
    });
  }
  test("handler: a body that never ends is cut at the limit", async () => {
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(bytes("0123456789")),
      cancel: () => void (cancelled = true),
    });
    const { seen, handle } = noting({ receiver });
    await refusedWith(413, await handle(request({ ...seal(), body: endless })));
    await new Promise((resolve) => setTimeout(resolve, 0));
    same([seen.refused[0][0].code, cancelled], ["body_too_large", true]);
  });
  test("handler: a body that breaks off is nobody's error", async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error("the peer is gone")),
    });
    const { seen, handle } = noting({ receiver });
    await refusedWith(400, await handle(request({ ...seal(), body: broken })));
    same(counts(seen), [0, 0, 0]);
  });
  test("handler: what is no Request, or was read before, is a mistake of this side", async () => {
    const used = request(seal());
    await used.text();
    for (const given of [used, undefined, { headers: {}, body: PAYLOAD }]) {
      const { seen, handle } = noting({ receiver });
      await refusedWith(500, await handle(given));
      same([...counts(seen), seen.errors[0][0] === seen.refused[0][0]], [0, 1, 1, true]);
    }
  });
  test("handler: a receiver that is disposed of", async () => {
    const gone = new postseal.Receiver({ secrets: SECRET });
    const { seen, handle } = noting({ receiver: gone });
    gone[Symbol.dispose]();
    await refusedWith(500, await handle(request(seal())));
    same([...counts(seen), seen.errors[0][0].code], [0, 1, 1, "stale_handle"]);
  });
}

function answersOfOnDelivery({ receiver, stores, seal, test }) {
  const answering = (onDelivery) =>
    noting({ receiver, onDelivery, dedupe: { ...DEDUPE, store: stores.memoryStore() } });
  test("handler: the function's own answer, and its repeat is a duplicate", async () => {
    const { seen, handle } = answering(
      async (delivery) => new Response(delivery.id, { status: 202, headers: { "x-own": "1" } }),
    );
    const answer = await handle(request(seal()));
    same([answer.status, answer.headers.get("x-own"), await answer.text()], [202, "1", "evt_1"]);
    const repeat = await handle(request(seal()));
    same([repeat.status, await repeat.text(), ...counts(seen)], [204, "", 1, 0, 0]);
  });
  for (const status of [302, 400, 409, 500, 503]) {
    test(`handler: an own answer ${status} is a failed attempt`, async () => {
      let left = 1;
      const { seen, handle } = answering(() =>
        left-- > 0 ? new Response("later", { status }) : undefined,
      );
      const first = await handle(request(seal()));
      same([first.status, await first.text()], [status, "later"]);
      same((await handle(request(seal()))).status, 204);
      same(counts(seen), [2, 0, 0]);
    });
  }
  for (const value of [undefined, null, 0, "text", { ok: false, status: 500 }]) {
    test(`handler: ${JSON.stringify(value)} is no answer, so 204`, async () => {
      const { handle } = answering(() => value);
      same((await handle(request(seal()))).status, 204);
    });
  }
  test("handler: an answer that cannot be sent", async () => {
    const { seen, handle } = answering(() => Response.error());
    await refusedWith(500, await handle(request(seal())));
    same(counts(seen), [1, 0, 1]);
  });
}

function failuresOfOnDelivery({ postseal, receiver, stores, seal, test }) {
  const thrown = new TypeError("it says 4242");
  const failing = {
    throws: () => {
      throw thrown;
    },
    rejects: () => Promise.reject(thrown),
  };
  for (const [name, fail] of Object.entries(failing)) {
    test(`handler: a function that ${name} is 500, and the next attempt is new`, async () => {
      let left = 1;
      const dedupe = { ...DEDUPE, store: stores.memoryStore() };
      const onDelivery = () => (left-- > 0 ? fail() : undefined);
      const { seen, handle } = noting({ receiver, onDelivery, dedupe });
      const answer = await refusedWith(500, await handle(request(seal())));
      same(answer.headers.get("retry-after"), null);
      same([...counts(seen), seen.errors[0][0] === thrown], [1, 0, 1, true]);
      same((await handle(request(seal()))).status, 204);
      same(counts(seen), [2, 0, 1]);
    });
  }
  test("handler: a payload that is not JSON is 422, and not done", async () => {
    const dedupe = { ...DEDUPE, store: stores.memoryStore() };
    const onDelivery = (delivery) => void delivery.json();
    const { seen, handle } = noting({ receiver, onDelivery, dedupe });
    for (const attempt of [1, 2]) {
      await refusedWith(422, await handle(request(seal("evt_1", "{4242"))));
      same(counts(seen), [attempt, attempt, 0]);
    }
    same(seen.refused[0][0].code, "payload_not_json");
  });
  test("handler: another error of this package, out of the function, is 500", async () => {
    const onDelivery = () => new postseal.Receiver({ secrets: SECRET }).open({}, "");
    const { seen, handle } = noting({ receiver, onDelivery });
    await refusedWith(500, await handle(request(seal())));
    same([...counts(seen), seen.errors[0][0].code], [1, 0, 1, "missing_header"]);
  });
}

function limits({ receiver, seal, test }) {
  const limited = (limit) => noting({ receiver, limit });
  test("handler: a limit that admits", async () => {
    const { seen, handle } = limited(async () => ({ success: true }));
    same((await handle(request(seal()))).status, 204);
    same(counts(seen), [1, 0, 0]);
  });
  const waits = [
    [undefined, "10"],
    [7, "7"],
    [0.2, "1"],
    [0, "1"],
    [-5, "1"],
    [1e300, "86400"],
    [Number.NaN, "10"],
    ["7", "10"],
  ];
  for (const [retryAfterSeconds, expected] of waits) {
    test(`handler: a limit that asks for ${retryAfterSeconds} s`, async () => {
      const { seen, handle } = limited(() => ({ success: false, retryAfterSeconds }));
      const unread = request(seal());
      const answer = await refusedWith(429, await handle(unread));
      same(answer.headers.get("retry-after"), expected);
      same([...counts(seen), seen.refused[0][0].code], [0, 1, 0, "rate_limited"]);
      ok(!unread.bodyUsed, "nothing is read");
      same(seen.refused[0][0].toResponse().headers.get("retry-after"), expected);
    });
  }
  const failing = {
    throws: () => {
      throw new Error("down");
    },
    rejects: () => Promise.reject(new Error("down")),
    "answers nothing": () => undefined,
    "answers null": () => null,
    "answers true": () => true,
    "answers without `success`": () => ({ retryAfterSeconds: 1 }),
    "answers with a text": () => ({ success: "true" }),
    "answers with a getter that throws": () => ({
      get success() {
        throw new Error("down");
      },
    }),
  };
  for (const [name, limit] of Object.entries(failing)) {
    test(`handler: where the limit ${name}, nothing passes`, async () => {
      const { seen, handle } = limited(limit);
      const answer = await refusedWith(503, await handle(request(seal())));
      same(answer.headers.get("retry-after"), "10");
      same([...counts(seen), seen.refused[0][0].code], [0, 1, 1, "store_unavailable"]);
    });
  }
}

function repeats({ receiver, stores, seal, test }) {
  test("handler: while one is at work, its repeat is told for how long", async () => {
    const dedupe = { ...DEDUPE, leaseSeconds: 30, store: stores.memoryStore() };
    let finish;
    const onDelivery = () => new Promise((resolve) => (finish = resolve));
    const { seen, handle } = noting({ receiver, onDelivery, dedupe });
    const first = handle(request(seal()));
    while (finish === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    const repeat = await refusedWith(409, await handle(request(seal())));
    const seconds = Number(repeat.headers.get("retry-after"));
    ok(seconds >= 1 && seconds <= 30, `Retry-After: ${seconds}`);
    same([...counts(seen), seen.refused[0][0].code], [1, 1, 0, "in_progress"]);
    finish();
    same((await first).status, 204);
    same([(await handle(request(seal()))).status, ...counts(seen)], [204, 1, 1, 0]);
  });
  test("handler: the same id with another payload", async () => {
    const dedupe = { ...DEDUPE, store: () => store };
    const store = stores.memoryStore();
    const { seen, handle } = noting({ receiver, dedupe });
    await handle(request(seal()));
    const answer = await refusedWith(409, await handle(request(seal("evt_1", "another"))));
    same(answer.headers.get("retry-after"), null);
    same([...counts(seen), seen.refused[0][0].code], [1, 1, 0, "conflict"]);
  });
  test("handler: of 200 at once on 20 ids, the function gets 20", async () => {
    const dedupe = { ...DEDUPE, store: stores.memoryStore() };
    const { seen, handle } = noting({ receiver, dedupe });
    const all = Array.from({ length: 200 }, (_, at) => handle(request(seal(`evt_${at % 20}`))));
    await Promise.all(all);
    same(seen.deliveries.length, 20);
  });
  test("handler: without `dedupe` every repeat reaches the function", async () => {
    const { seen, handle } = noting({ receiver });
    for (const _ of [1, 2]) same((await handle(request(seal()))).status, 204);
    same(counts(seen), [2, 0, 0]);
  });
}

/** A store whose swaps fail from the given one on. */
function failingFrom(store, from) {
  let swaps = 0;
  return {
    swap: async (...swap) => {
      swaps += 1;
      if (swaps >= from) throw new Error("down");
      return store.swap(...swap);
    },
  };
}

function failingStores({ receiver, stores, seal, test }) {
  const over = (store, options = {}) =>
    noting({ receiver, dedupe: { ...DEDUPE, store }, ...options });
  const down = {
    "that is down": failingFrom(stores.memoryStore(), 1),
    "that cannot be had": () => {
      throw new Error("down");
    },
  };
  for (const [name, store] of Object.entries(down)) {
    test(`handler: with a store ${name}, the function is not called`, async () => {
      const { seen, handle } = over(store);
      const answer = await refusedWith(503, await handle(request(seal())));
      same(answer.headers.get("retry-after"), "10");
      same([...counts(seen), seen.refused[0][0].code], [0, 1, 1, "store_unavailable"]);
    });
  }
  test("handler: what gives no store is a mistake of this side", async () => {
    const { seen, handle } = over(() => ({}));
    await refusedWith(500, await handle(request(seal())));
    same([...counts(seen), seen.errors[0][0].code], [0, 1, 1, "invalid_config"]);
  });
  test("handler: where the store fails after the function, its answer stands", async () => {
    const { seen, handle } = over(failingFrom(stores.memoryStore(), 2));
    same((await handle(request(seal()))).status, 204);
    same([...counts(seen), seen.errors[0][0].code], [1, 0, 1, "store_unavailable"]);
  });
  test("handler: where both fail, the function's error comes first", async () => {
    const thrown = new Error("x");
    const onDelivery = () => Promise.reject(thrown);
    const { seen, handle } = over(failingFrom(stores.memoryStore(), 2), { onDelivery });
    await refusedWith(500, await handle(request(seal())));
    same([...counts(seen), seen.errors[0][0] === thrown], [1, 0, 2, true]);
    same(seen.errors[1][0].code, "store_unavailable");
  });
  test("handler: a claim that is lost changes nothing for the sender", async () => {
    const store = stores.memoryStore();
    const stolen = {
      swap: async (key, expected, next, ttl) => {
        if (expected === null) return store.swap(key, expected, next, ttl);
        return { swapped: false, current: null };
      },
    };
    const { seen, handle } = over(stolen);
    same((await handle(request(seal()))).status, 204);
    same([...counts(seen), seen.errors[0][0].code], [1, 0, 1, "in_progress"]);
  });
}

function callbacksThatFail({ receiver, seal, test }) {
  const failing = {
    throw: () => {
      throw new Error("x");
    },
    reject: () => Promise.reject(new Error("x")),
  };
  for (const [name, fail] of Object.entries(failing)) {
    test(`handler: callbacks that ${name} change no answer`, async () => {
      const options = { onRefused: fail, onError: fail, onDelivery: fail };
      const handle = receiver.handler(options);
      await refusedWith(500, await handle(request(seal())));
      await refusedWith(401, await handle(request({ headers: {}, body: "" })));
    });
  }
}

/** What stands on the console where there is no `onError`. */
async function consoleOf(receiver, options, given) {
  const lines = [];
  const restore = replaced(console, "error", (...args) => lines.push(args));
  try {
    await receiver.handler(options)(given);
  } finally {
    restore();
  }
  return lines.map((args) => {
    same(args.length, 1);
    return args[0];
  });
}

function consoleTests({ receiver, seal, test }) {
  const strange = Object.create(null);
  const kinds = [
    [new TypeError("it says 4242"), "TypeError"],
    [new SyntaxError("it says 4242"), "SyntaxError"],
    ["it says 4242", "String"],
    [undefined, "Object"],
    [strange, "an error"],
    [{ constructor: { name: "it says 4242" } }, "an error"],
  ];
  for (const [thrown, kind] of kinds) {
    test(`handler: without \`onError\` one line, which names ${kind}`, async () => {
      const onDelivery = () => Promise.reject(thrown);
      const lines = await consoleOf(receiver, { onDelivery }, request(seal()));
      same(lines, [`postseal: \`onDelivery\` failed (${kind}): \`onError\` gets the error itself`]);
    });
  }
  test("handler: a mistake of this side says on the console what to do", async () => {
    const sealed = seal();
    const used = new Request("https://example.org/", { method: "POST", ...sealed });
    await used.text();
    const lines = await consoleOf(receiver, { onDelivery() {} }, used);
    same(lines.length, 1);
    ok(lines[0].includes("body_not_bytes") && lines[0].includes("clone"), lines[0]);
  });
}

function refusedOptions({ postseal, receiver, stores, test }) {
  const onDelivery = () => {};
  const store = stores.memoryStore();
  const refused = {
    "no options": undefined,
    "a function for the options": onDelivery,
    "no function": {},
    "a text for the function": { onDelivery: "x" },
    "an unknown option": { onDelivery, onAccepted: onDelivery },
    "`onRefused` is no function": { onDelivery, onRefused: 5 },
    "`onError` is no function": { onDelivery, onError: {} },
    "`limit` is no function": { onDelivery, limit: { success: true } },
    "`limit` is null": { onDelivery, limit: null },
    "`dedupe` is a store": { onDelivery, dedupe: store },
    "`dedupe` is null": { onDelivery, dedupe: null },
    "no store": { onDelivery, dedupe: { source: "a" } },
    "a store that is not set": { onDelivery, dedupe: { source: "a", store: undefined } },
    "a store without swap": { onDelivery, dedupe: { source: "a", store: {} } },
    "no source": { onDelivery, dedupe: { store } },
    "a number for the source": { onDelivery, dedupe: { store, source: 5 } },
    "a time that never passes": { onDelivery, dedupe: { store, source: "a", now: 5 } },
  };
  for (const [name, options] of Object.entries(refused)) {
    test(`handler: ${name} is refused at once`, () => {
      throwsCode(postseal, "invalid_config", () => receiver.handler(options));
    });
  }
  test("handler: options that are there, but undefined, are as if absent", () => {
    const absent = { onRefused: undefined, onError: undefined, dedupe: undefined };
    receiver.handler({ onDelivery, limit: undefined, ...absent });
  });
}
