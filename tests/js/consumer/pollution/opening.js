// Receivers: their options, their calls, headers of every shape, deliveries and claims.
import { FakeHeaders, FakeRequest, FakeResponse } from "./fakes.js";
import { EVIL_SECRET, KEY, NOW, PAYLOAD, SECRET, STALE } from "./known.js";

export function openingCases({ postseal, "postseal/stores": { memoryStore } }) {
  const { Receiver } = postseal;
  const receiver = new Receiver({ secrets: SECRET });
  const from = { postseal, receiver, memoryStore, ...messages(postseal) };
  return {
    ...openCases(from),
    ...optionCases(from),
    ...headerCases(from),
    ...deliveryCases(from),
    ...handlerCases(from),
    ...claimCases(from),
  };
}

/** A good message, a forged one, a stale one, an encrypted one and one of another scheme. */
export function messages({ Sender }) {
  const seal = (secrets, now, further = {}) =>
    new Sender({ secrets, ...further }).seal({ id: "evt_1", payload: PAYLOAD }, { now });
  return {
    good: seal(SECRET, NOW),
    forged: seal(EVIL_SECRET, NOW),
    stale: seal(SECRET, STALE),
    encrypted: seal(SECRET, NOW, { encryptionKeys: KEY }),
    github: seal(SECRET, NOW, { scheme: "github" }),
  };
}

const KINDS = ["good", "forged", "stale"];
const facts = (delivery) => [
  ...[delivery.id, delivery.timestamp, delivery.replayKey, delivery.replayKeySource],
  ...[delivery.replayProtected, delivery.secretId, delivery.matchedSecretIds, delivery.encrypted],
  ...[delivery.encryptionKeyId, delivery.contentType, delivery.payload, delivery.text()],
  ...[String(delivery), delivery.unsigned("webhook-id"), delivery.unsigned("none")],
];

function openCases({ receiver, ...given }) {
  const contexts = {
    "no context": () => [],
    "an empty context": () => [{}],
    "a time": () => [{ now: NOW }],
    "a Date": () => [{ now: new Date(NOW * 1000) }],
    "no Date": () => [{ now: {} }],
    keys: () => [{ keys: { secrets: SECRET } }],
    "empty keys": () => [{ keys: {} }],
    "an object of a key": () => [{ keys: { secrets: { secret: SECRET } } }],
    "a list with a hole": () => [{ keys: { secrets: [SECRET, , SECRET] } }],
    "a list of holes": () => [{ keys: { secrets: new Array(2) } }],
  };
  const cases = {};
  for (const kind of KINDS) {
    const { headers, body } = given[kind];
    for (const [name, context] of Object.entries(contexts)) {
      cases[`open, ${kind}, ${name}`] = () => facts(receiver.open(headers, body, ...context()));
    }
    cases[`openRequest, ${kind}`] = async () =>
      facts(await receiver.openRequest(new FakeRequest("https://a", { headers, body })));
    cases[`openRequest, ${kind}, a duck`] = async () => {
      const { body: stream } = new FakeRequest("https://a", { headers, body });
      const duck = { headers: new FakeHeaders(headers), body: stream };
      return facts(await receiver.openRequest(duck, {}));
    };
  }
  cases["openRequest, no request"] = () => receiver.openRequest({});
  return cases;
}

function optionCases({ postseal: { Receiver }, good, forged, encrypted }) {
  const options = {
    "no options": () => ({}),
    "a text": () => ({ secrets: SECRET }),
    "an object": () => ({ secrets: { secret: SECRET } }),
    "an empty object": () => ({ secrets: {} }),
    "a list": () => ({ secrets: [SECRET, undefined, { secret: SECRET }] }),
    "a hole": () => ({ secrets: [SECRET, , SECRET] }),
    "encryption keys": () => ({ secrets: SECRET, encryptionKeys: [KEY] }),
    github: () => ({ secrets: SECRET, scheme: "github" }),
  };
  const cases = { "a receiver of nothing": () => new Receiver() };
  for (const [name, make] of Object.entries(options)) {
    for (const [kind, message] of Object.entries({ good, forged, encrypted })) {
      cases[`receiver of ${name}, ${kind}`] = () =>
        facts(new Receiver(make()).open(message.headers, message.body));
    }
  }
  return cases;
}

function headerCases({ receiver, good: { headers, body } }) {
  const [id, time, signature] = Object.entries(headers);
  const shapes = {
    pairs: () => [id, time, signature],
    "pairs with a hole": () => [id, , time, signature],
    "a pair with a hole": () => [["webhook-id", ,], time, signature],
    "too few pairs": () => [id, time],
    "no headers": () => ({}),
    "one header too few": () => ({ "webhook-id": id[1], "webhook-timestamp": time[1] }),
    "lists with holes": () => ({ ...headers, "webhook-id": [id[1], ,] }),
    "a Map": () => new Map([id, time, signature]),
    "Headers of a kind": () => new FakeHeaders(headers),
    "no prototype": () => Object.assign(Object.create(null), headers),
    "a name of Object.prototype": () => ({ ...headers, constructor: "x" }),
  };
  const cases = {};
  for (const [name, make] of Object.entries(shapes)) {
    cases[`headers, ${name}`] = () => facts(receiver.open(make(), body));
  }
  cases["headers, a list in no list"] = () => facts(receiver.open("x", body));
  return cases;
}

function deliveryCases({ postseal: { Receiver }, receiver, good, github }) {
  const open = () => receiver.open(good.headers, good.body);
  const schema = (answer) => ({ "~standard": { version: 1, vendor: "test", validate: answer } });
  const unsigned = new Receiver({ secrets: SECRET, scheme: "github" });
  return {
    "the hash of a payload": () => facts(unsigned.open(github.headers, github.body)),
    "the hash of a text": () => unsigned.open(github.headers, PAYLOAD).replayKey,
    "a delivery as JSON": () => Object.values(open().toJSON()),
    "a payload as JSON": () => Object.entries(open().json()),
    "a schema": () => open().json(schema(() => ({ value: 7 }))),
    "a schema of undefined": () => [open().json(schema(() => ({ value: undefined })))],
    "a schema with issues": () => open().json(schema(() => ({ issues: [] }))),
    "a schema without a result": () => open().json(schema(() => ({}))),
    "a schema without validate": () => open().json({ "~standard": { version: 1 } }),
    "no schema": () => open().json({}),
    "a function for a schema": () => open().json(() => ({})),
    "a receiver as JSON": () => [JSON.stringify(receiver.toJSON().scheme), String(receiver)],
  };
}

function handlerCases({ receiver, memoryStore, ...given }) {
  const onDelivery = (delivery) => {
    if (delivery.id !== "evt_1") throw new Error("another");
  };
  const options = {
    least: () => ({ onDelivery }),
    "onDelivery that fails": () => ({
      onDelivery: () => {
        throw new RangeError("no");
      },
    }),
    "onDelivery that answers": () => ({ onDelivery: () => new FakeResponse("x", OK) }),
    "onDelivery that gives an object": () => ({ onDelivery: () => ({}) }),
    "no functions": () => ({}),
    dedupe: () => ({ onDelivery, dedupe: { store: memoryStore(), source: "a" } }),
    "dedupe without a store": () => ({ onDelivery, dedupe: { source: "a" } }),
    "dedupe with no store": () => ({ onDelivery, dedupe: { store: {}, source: "a" } }),
    "dedupe without a source": () => ({ onDelivery, dedupe: { store: memoryStore() } }),
    "dedupe whose store gives none": () => ({
      onDelivery,
      dedupe: { store: () => ({}), source: "a" },
    }),
    "a limit": () => ({ onDelivery, limit: () => ({ success: true }) }),
    "a limit that refuses": () => ({ onDelivery, limit: () => ({ success: false }) }),
    "a limit without an answer": () => ({ onDelivery, limit: () => undefined }),
    "a limit with a number": () => ({ onDelivery, limit: () => 1 }),
    "a limit with an empty answer": () => ({ onDelivery, limit: () => ({}) }),
    "a limit that fails": () => ({
      onDelivery,
      limit: () => {
        throw new RangeError("no");
      },
    }),
  };
  const cases = {};
  for (const kind of KINDS) {
    for (const [name, make] of Object.entries(options)) {
      cases[`handler, ${kind}, ${name}`] = async () => {
        const { headers, body } = given[kind];
        let errors = [];
        const onError = (error) => void (errors = [...errors, error]);
        const handle = receiver.handler({ onError, ...make() });
        const answers = [];
        for (const at of [0, 1]) {
          const { told } = await handle(new FakeRequest("https://a", { headers, body }));
          Object.defineProperty(answers, at, { __proto__: null, value: told, enumerable: true });
        }
        return [...answers, ...errors];
      };
    }
    cases[`handler, ${kind}, on the console`] = async () => {
      const { headers, body } = given[kind];
      const handle = receiver.handler({ onDelivery });
      return (await handle(new FakeRequest("https://a", { headers, body }))).told;
    };
  }
  return cases;
}

const OK = { __proto__: null, status: 200 };

function claimCases({ postseal: { claim, WebhookError }, receiver, memoryStore, good }) {
  const delivery = receiver.open(good.headers, good.body);
  const claimed = async (store, options = { source: "a" }) => {
    const { outcome, ...rest } = await claim(store, delivery, options);
    if (outcome !== "new") return [outcome, Object.values(rest)];
    return [outcome, rest.attempt, await rest.renew(), await rest.done()];
  };
  const swap = (answer) => ({ swap: async () => answer });
  return {
    "claim and again": async () => {
      const store = memoryStore();
      return [await claimed(store), await claimed(store), await claimed(store, { source: "b" })];
    },
    "claim, in progress": async () => {
      const store = memoryStore({});
      await claim(store, delivery, { source: "a" });
      return claimed(store);
    },
    "claim without a source": () => claimed(memoryStore(), {}),
    "claim in no store": () => claimed({}),
    "claim of no delivery": () => claim(memoryStore(), {}, { source: "a" }),
    "claim, an empty answer": () => claimed(swap({})),
    "claim, no answer": () => claimed(swap(undefined)),
    "claim, no current value": () => claimed(swap({ swapped: false })),
    "a memory store of no size": () => memoryStore({ maxKeys: 0 }),
    "many claims": async () => {
      const store = memoryStore({ maxKeys: 20 });
      let swapped = [];
      for (let at = 0; at < 25; at += 1) {
        const answer = store.swap(`key ${at}`, null, "x", at % 3 === 0 ? -1 : 60);
        swapped = [...swapped, await answer.then(Object.values, () => "full")];
      }
      return swapped;
    },
    "an error's answer": () => {
      try {
        return receiver.open({}, "");
      } catch (error) {
        return [WebhookError.is(error), error.toResponse().told, Object.values(error.toJSON())];
      }
    },
  };
}
