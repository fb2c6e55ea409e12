// Every adapter over real HTTP with its real framework: what is taken, what is refused, and that
// neither the peer nor the framework learns why.
import { memoryStore } from "postseal/stores";
import { ok, same, Suite } from "../suite/harness.js";
import { post } from "./client.mjs";
import { LIMIT, PAYLOAD, receiver, REFUSED, seal, sealEncrypted } from "./known.mjs";
import { KEPT, PARSED, SERVERS } from "./servers.mjs";

const suite = new Suite();
const TYPES = ["application/json", "application/jose", "text/plain", "garbage", "", "a/b, c/d"];
TYPES.push("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", undefined);

/** A server of its own for one test: what it saw, and how it is spoken to. */
async function serving(start, options, run) {
  const seen = { deliveries: [], refused: [], errors: [], leaked: [], limited: [] };
  const server = await start(
    receiver,
    {
      limit: async (...args) => {
        seen.limited.push(args);
        return { success: true };
      },
      onRefused: (error, ...args) => void seen.refused.push([error, ...args]),
      onError: (error, ...args) => void seen.errors.push([error, ...args]),
      ...options,
      onDelivery: (delivery, ...args) => {
        seen.deliveries.push([delivery, ...args]);
        return options.onDelivery?.(delivery, ...args);
      },
    },
    (error) => seen.leaked.push(error),
  );
  try {
    await run({ seen, post: (message) => post(server.url, message), server });
    same(seen.leaked.length, 0, "errors that reached the framework");
  } finally {
    await server.close();
  }
}

function outcome({ deliveries, refused, errors }) {
  return [deliveries.length, refused.map(([{ code }]) => code).join(), errors.length];
}

for (const [name, start] of Object.entries(SERVERS)) {
  const test = (what, options, run) =>
    suite.test(`${name}: ${what}`, () => serving(start, options, run));
  takes(name, test);
  refuses(test);
  answers(test);
  claims(test);
}
for (const [name, start] of Object.entries(PARSED)) {
  suite.test(`${name}: a parsed body is refused with the remedy`, () => serving(start, {}, parsed));
  suite.test(`${name}: what it did not parse is taken`, () =>
    serving(start, {}, async ({ seen, post }) => {
      same((await post(sealEncrypted())).status, 204);
      same(seen.deliveries[0][0].text(), PAYLOAD);
    }),
  );
}

for (const [name, start] of Object.entries(KEPT)) {
  for (const [what, sealed] of Object.entries({ plain: seal, encrypted: sealEncrypted })) {
    suite.test(`${name}: a ${what} body that was kept is taken`, () =>
      serving(start, {}, async ({ seen, post }) => {
        same((await post(sealed())).status, 204);
        same(seen.deliveries[0][0].text(), PAYLOAD);
        const answer = await post({ ...sealed(), body: "{}" });
        same([answer.status, answer.text], [401, REFUSED]);
        same(outcome(seen), [1, "signature_mismatch", 0]);
      }),
    );
  }
}

function takes(name, test) {
  for (const type of TYPES) {
    test(`a plain body of type ${type}`, {}, async ({ seen, post }) => {
      const { headers, body } = seal();
      const { "content-type": _, ...rest } = headers;
      const typed = type === undefined ? rest : { ...rest, "content-type": type };
      const answer = await post({ headers: typed, body });
      same([answer.status, answer.text, ...outcome(seen)], [204, "", 1, "", 0]);
      same(seen.deliveries[0][0].text(), PAYLOAD);
    });
  }
  test("an encrypted body", {}, async ({ seen, post }) => {
    same((await post(sealEncrypted())).status, 204);
    same([seen.deliveries[0][0].text(), seen.deliveries[0][0].encrypted], [PAYLOAD, true]);
  });
  test("a body in chunks, one with nothing in it, and a long one", {}, async ({ seen, post }) => {
    same((await post({ ...seal(), chunked: true })).status, 204);
    same((await post(seal("evt_2", ""))).status, 204);
    const long = "0123456789".repeat(LIMIT / 10);
    same((await post(seal("evt_3", long))).status, 204);
    same(
      seen.deliveries.map(([delivery]) => delivery.payload.length),
      [PAYLOAD.length, 0, LIMIT],
    );
  });
  test("every function gets the framework's arguments", {}, async ({ seen, post }) => {
    await post(seal());
    await post({ headers: {}, body: "x" });
    const [[, ...args]] = seen.deliveries;
    ok(args.length > 0 && args.every((arg) => typeof arg === "object"), "arguments");
    same(seen.refused[0].length, args.length + 1);
    const limited = name === "fetch" ? seen.limited[0].slice(1) : seen.limited[0];
    ok(limited.length === args.length && limited.every((arg, at) => arg === args[at]), "the same");
  });
}

function refuses(test) {
  const sealed = seal();
  const twice = [...Object.entries(sealed.headers), ["Webhook-Id", "evt_2"]];
  const tooLong = seal("evt_1", "x".repeat(LIMIT + 1));
  const refused = {
    "a changed body, signature_mismatch": [401, { ...sealed, body: "changed" }],
    "no headers, missing_header": [401, { headers: {}, body: "{}" }],
    "a doubled header, duplicate_header": [401, { headers: twice, body: sealed.body }],
    "a declared length over the limit, body_too_large": [413, tooLong],
    "a long body in chunks, body_too_large": [413, { ...tooLong, chunked: true }],
  };
  for (const [name, [status, message]] of Object.entries(refused)) {
    const [what, code] = name.split(", ");
    test(`${what} is refused`, {}, async ({ seen, post }) => {
      const answer = await post(message);
      same([answer.status, answer.text, ...outcome(seen)], [status, REFUSED, 0, code, 0]);
      // The server is as good as before.
      same((await post(seal())).status, 204);
    });
  }
  test("over the limit of requests", { limit: refuseAll }, async ({ seen, post }) => {
    const answer = await post(seal());
    same([answer.status, answer.text, ...outcome(seen)], [429, REFUSED, 0, "rate_limited", 0]);
    same(answer.headers["retry-after"], "7");
  });
}

async function refuseAll() {
  return { success: false, retryAfterSeconds: 7 };
}

function answers(test) {
  const own = () => {
    const headers = new Headers({ "content-type": "application/json", "x-own": "1" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    return new Response('{"challenge":1}', { status: 202, headers });
  };
  test("an own answer goes out as it is", { onDelivery: own }, async ({ post }) => {
    const { status, text, headers } = await post(seal());
    same([status, text, headers["x-own"]], [202, '{"challenge":1}', "1"]);
    same([headers["content-type"], headers["set-cookie"]], ["application/json", ["a=1", "b=2"]]);
  });
  const bytes = Uint8Array.of(0, 255, 128, 13, 10);
  const binary = () => new Response(bytes, { status: 418 });
  test("an own answer of bytes, and of any status", { onDelivery: binary }, async ({ post }) => {
    const { status, text } = await post(seal());
    same([status, text], [418, Buffer.from(bytes).toString("latin1")]);
  });
  const fail = () => Promise.reject(new Error(PAYLOAD));
  test("a function that throws", { onDelivery: fail }, async ({ seen, post }) => {
    const answer = await post(seal());
    same([answer.status, answer.text, ...outcome(seen)], [500, REFUSED, 1, "", 1]);
  });
  const unfit = { onDelivery: (delivery) => void delivery.json() };
  test("a payload that does not fit", unfit, async ({ seen, post }) => {
    const answer = await post(seal("evt_1", "{"));
    same([answer.status, answer.text], [422, REFUSED]);
    same(outcome(seen), [1, "payload_not_json", 0]);
  });
}

function claims(test) {
  const dedupe = { source: "orders", store: memoryStore() };
  test("a repeat is answered, and goes no further", { dedupe }, async ({ seen, post }) => {
    const message = sealEncrypted("evt_repeat");
    for (const _ of [1, 2, 3]) same((await post(message)).status, 204);
    same(outcome(seen), [1, "", 0]);
  });
  const swap = () => Promise.reject(new Error("down"));
  const down = { dedupe: { source: "orders", store: { swap } } };
  test("a store that is down", down, async ({ seen, post }) => {
    const answer = await post(seal());
    same([answer.status, answer.text, ...outcome(seen)], [503, REFUSED, 0, "store_unavailable", 1]);
    same(answer.headers["retry-after"], "10");
  });
}

async function parsed({ seen, post }) {
  const answer = await post(seal());
  same([answer.status, answer.text, ...outcome(seen)], [500, REFUSED, 0, "body_not_bytes", 1]);
  const { message } = seen.errors[0][0];
  for (const remedy of ["express.raw(", "bodyParser: false", "rawBody: true"]) {
    ok(message.includes(remedy), `${remedy} in: ${message}`);
  }
}

process.on("unhandledRejection", (error) => {
  console.error(error);
  process.exit(1);
});
const { passed, failed } = await suite.run();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
