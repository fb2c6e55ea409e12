// `Sender.seal` and the checks of `Sender.send`, against a fetch of the test's own.
import { bytes, KEY, NOW, PAYLOAD, SECRET } from "./known.js";
import { ok, same, rejectsCode, throwsCode } from "./harness.js";
import { whileHost } from "./host.js";

const URL_TEXT = "https://example.org/hooks";
const MESSAGE = { id: "evt_1", payload: PAYLOAD };

export function senderTests({ postseal, test }) {
  const sender = new postseal.Sender({ secrets: SECRET });
  const from = { postseal, sender, test };
  refusedMessages(from);
  sealTests(from);
  destinationTests(from);
  refusedSendOptions(from);
  outcomeTests(from);
  answerTests(from);
  timeTests(from);
  signalTests(from);
  promptSignalTests(from);
}

function refusedMessages({ postseal, sender, test }) {
  const cycle = {};
  cycle.self = cycle;

  const refused = {
    "no message": ["invalid_config", undefined],
    "no id": ["invalid_id", { payload: "" }],
    "an id with a dot": ["invalid_id", { id: "a.b", payload: "" }],
    "neither payload nor json": ["invalid_config", { id: "a" }],
    "both payload and json": ["invalid_config", { id: "a", payload: "", json: 1 }],
    "an unknown member": ["invalid_config", { id: "a", body: "" }],
    "an object for the payload": ["body_not_bytes", { id: "a", payload: { a: 1 } }],
    "a lone surrogate": ["body_not_bytes", { id: "a", payload: "\uDC00" }],
    "a cycle": ["invalid_config", { id: "a", json: cycle }],
    "undefined as JSON": ["invalid_config", { id: "a", json: undefined }],
    "a number for the content type": ["invalid_config", { id: "a", payload: "", contentType: 1 }],
    "a line break in the content type": [
      "invalid_config",
      { id: "a", payload: "", contentType: "a\nb" },
    ],
  };
  for (const [name, [code, message]] of Object.entries(refused)) {
    test(`seal: ${name}`, () =>
      throwsCode(postseal, code, () => sender.seal(message, { now: NOW })));
  }
}

function sealTests({ postseal: { Sender }, sender, test }) {
  test("seal: every kind of payload gives the same bytes", () => {
    const padded = bytes(`?${PAYLOAD}`);
    for (const payload of [PAYLOAD, bytes(PAYLOAD), padded.subarray(1), bytes(PAYLOAD).buffer]) {
      same(sender.seal({ id: "evt_1", payload }, { now: NOW }).body, bytes(PAYLOAD));
    }
  });
  test("seal: two messages have two nonces", () => {
    const sealing = new Sender({ secrets: SECRET, encryptionKeys: KEY });
    const [one, two] = [0, 1].map(() =>
      new TextDecoder().decode(sealing.seal(MESSAGE, { now: NOW }).body),
    );
    ok(one !== two, "two ciphertexts");
  });
}

function destinationTests({ postseal, sender, test }) {
  const urls = [
    "http://example.org/",
    "ftp://example.org/",
    "https://user:pass@example.org/",
    "nonsense",
    "",
  ];
  urls.push(
    "http://127.0.0.1.example.org/",
    "http://localhost.example.org/",
    "http://[::2]/",
    "file:///etc/hosts",
  );
  for (const url of urls) {
    test(`send: ${url || "no URL"} is refused before anything is sent`, async () => {
      const { fetch, calls } = answering([200]);
      await rejectsCode(postseal, "invalid_config", sender.send(url, MESSAGE, { fetch }));
      same(calls.length, 0);
    });
  }
  for (const url of [
    "http://localhost:1/",
    "http://127.9.9.9/",
    "http://[::1]/",
    new URL(URL_TEXT),
    "https://example.org:8443/",
  ]) {
    test(`send: ${url} is allowed`, async () => {
      const { fetch } = answering([204]);
      same(await sender.send(url, MESSAGE, { fetch }), {
        outcome: "delivered",
        status: 204,
        attempts: 1,
      });
    });
  }
}

function refusedSendOptions({ postseal, sender, test }) {
  for (const options of [
    { maxAttempts: 0 },
    { maxAttempts: 101 },
    { maxAttempts: 1.5 },
    { maxAttempts: "8" },
    { timeoutMs: 0 },
    { timeoutMs: "9" },
    { maxElapsedMs: Infinity },
    { fetch: 1 },
    { retries: 3 },
    { signal: {} },
    { signal: null },
    { signal: "stop" },
    { signal: { aborted: false, addEventListener() {} } },
  ]) {
    test(`send: ${JSON.stringify(options)} is refused`, async () => {
      const { fetch, calls } = answering([500]);
      await rejectsCode(
        postseal,
        "invalid_config",
        sender.send(URL_TEXT, MESSAGE, { fetch, ...options }),
      );
      same(calls.length, 0);
    });
  }
}

function outcomeTests({ postseal, sender, test }) {
  for (const [status, outcome] of [
    [200, "delivered"],
    [299, "delivered"],
    [410, "gone"],
    [413, "refused"],
  ]) {
    test(`send: ${status} ends as ${outcome}`, async () => {
      const { fetch } = answering([status]);
      same(await sender.send(URL_TEXT, MESSAGE, { fetch }), { outcome, status, attempts: 1 });
    });
  }
  test("send: what is posted, and how", async () => {
    const { fetch, calls } = answering([200]);
    await sender.send(URL_TEXT, MESSAGE, { fetch });
    const [{ url, init }] = calls;
    same([String(url), init.method, init.redirect], [URL_TEXT, "POST", "manual"]);
    same(new postseal.Receiver({ secrets: SECRET }).open(init.headers, init.body).text(), PAYLOAD);
  });
  test("send: out of attempts", async () => {
    const { fetch, calls } = answering([500]);
    const result = await sender.send(URL_TEXT, MESSAGE, { fetch, maxAttempts: 1 });
    same([result, calls.length], [{ outcome: "exhausted", status: 500, attempts: 1 }, 1]);
  });
  test("send: a network that fails is an attempt without a status", async () => {
    const fetch = () => Promise.reject(new TypeError("refused"));
    same(await sender.send(URL_TEXT, MESSAGE, { fetch, maxAttempts: 1 }), {
      outcome: "exhausted",
      status: null,
      attempts: 1,
    });
  });
}

/** What a fetch of the user's own may answer with. */
function answerTests({ sender, test }) {
  const fails = () => {
    throw new Error("not there");
  };
  const answers = {
    "nothing but a status": { status: 200 },
    "a body without `cancel`": { status: 200, body: {}, headers: new Headers() },
    "a body whose `cancel` throws": { status: 200, body: { cancel: fails } },
    "a body whose `cancel` rejects": { status: 200, body: { cancel: async () => fails() } },
    "a body that cannot be had": Object.defineProperty({ status: 200 }, "body", { get: fails }),
    "headers of another kind": { status: 200, body: null, headers: { "retry-after": "1" } },
    "headers that throw": { status: 200, body: null, headers: { get: fails } },
  };
  for (const [name, response] of Object.entries(answers)) {
    test(`send: ${name} is an answer`, async () => {
      const sending = { fetch: async () => response, maxAttempts: 1 };
      const delivered = { outcome: "delivered", status: 200, attempts: 1 };
      same(await sender.send(URL_TEXT, MESSAGE, sending), delivered);
    });
  }
  test("send: a body that is a Node stream is destroyed", async () => {
    const body = { destroyed: 0, destroy: () => (body.destroyed += 1) };
    await sender.send(URL_TEXT, MESSAGE, { fetch: async () => ({ status: 200, body }) });
    same(body.destroyed, 1);
  });
  for (const status of [undefined, null, 0, 99, 600, 200.5, Number.NaN, 2 ** 32, "200"]) {
    test(`send: the status ${status} is no answer`, async () => {
      const sending = { fetch: async () => ({ status, headers: new Headers() }), maxAttempts: 1 };
      const exhausted = { outcome: "exhausted", status: null, attempts: 1 };
      same(await sender.send(URL_TEXT, MESSAGE, sending), exhausted);
    });
  }
}

function timeTests({ sender, test }) {
  test("send: out of time", async () => {
    const { fetch, calls } = answering([500], { "retry-after": "60" });
    const result = await sender.send(URL_TEXT, MESSAGE, { fetch, maxElapsedMs: 1000 });
    same([result, calls.length], [{ outcome: "exhausted", status: 500, attempts: 1 }, 1]);
  });
  for (const [name, options] of Object.entries({
    "a fetch that hangs, and minds no signal, is left after the timeout": { timeoutMs: 5 },
    "an attempt does not go on beyond maxElapsedMs": { maxElapsedMs: 5 },
  })) {
    test(`send: ${name}`, async () => {
      const waits = [];
      const timer = (run, ms) => {
        waits.push(ms);
        queueMicrotask(run);
      };
      const sending = { fetch: hanging, maxAttempts: 1, ...options };
      const result = await whileHost({ now: NOW, timer }, () =>
        sender.send(URL_TEXT, MESSAGE, sending),
      );
      same(result, { outcome: "exhausted", status: null, attempts: 1 });
      same(waits, [5], "milliseconds waited");
    });
  }
}

function signalTests({ sender, test }) {
  const reason = new Error("stop");
  const ends = async (options) => {
    const thrown = await sender.send(URL_TEXT, MESSAGE, options).catch((error) => error);
    ok(thrown === reason, `the signal's reason, not ${thrown}`);
  };
  test("send: a signal ends it with its reason before the first attempt", async () => {
    const { fetch, calls } = answering([200]);
    await ends({ fetch, signal: AbortSignal.abort(reason) });
    same(calls.length, 0);
  });
  test("send: a signal ends it with its reason during an attempt", async () => {
    const controller = new AbortController();
    const fetch = () => {
      queueMicrotask(() => controller.abort(reason));
      return hanging();
    };
    await ends({ fetch, signal: controller.signal });
  });
  test("send: a signal ends it with its reason between attempts", async () => {
    const { fetch, calls } = answering([500], { "retry-after": "60" });
    const controller = new AbortController();
    // No timer fires; the one that waits for the next attempt is where the caller stops.
    const timer = (_, ms) => {
      if (ms === 60_000) queueMicrotask(() => controller.abort(reason));
    };
    await whileHost({ timer }, () => ends({ fetch, signal: controller.signal }));
    same(calls.length, 1);
  });
}

/** Where the signal fires while nobody listens to it. No timer fires. */
function promptSignalTests({ sender, test }) {
  const reason = new Error("stop");
  const fetches = {
    "while fetch begins": (controller) => () => {
      controller.abort(reason);
      return hanging();
    },
    "with an answer that would be retried": (controller) => async () => ({
      headers: new Headers(),
      get status() {
        controller.abort(reason);
        return 500;
      },
    }),
  };
  for (const [name, fetchOf] of Object.entries(fetches)) {
    test(`send: a signal that fires ${name} ends it at once`, async () => {
      const controller = new AbortController();
      const sending = { fetch: fetchOf(controller), signal: controller.signal };
      let thrown;
      await whileHost({ timer: () => {} }, async () => {
        sender.send(URL_TEXT, MESSAGE, sending).catch((error) => (thrown = error));
        for (let turn = 0; turn < 100; turn += 1) await undefined;
      });
      ok(thrown === reason, `the signal's reason, not ${thrown}`);
    });
  }
}

/** A fetch that never answers, and minds no signal. */
function hanging() {
  return new Promise(() => {});
}

/** A fetch that answers with these statuses, the last one for ever, and notes its calls. */
function answering(statuses, headers = {}) {
  const calls = [];
  const fetch = async (url, init) => {
    calls.push({ url, init });
    return new Response(null, {
      status: statuses[Math.min(calls.length, statuses.length) - 1],
      headers,
    });
  };
  return { fetch, calls };
}
