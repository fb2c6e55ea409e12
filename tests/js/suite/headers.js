// What may stand for headers: what each platform has, with all values of a name.
import { NOW, PAYLOAD, plain, SECRET } from "./known.js";
import { ok, same, throwsCode } from "./harness.js";

export function headerTests({ postseal, test }) {
  const receiver = new postseal.Receiver({ secrets: SECRET });
  const { headers } = plain(postseal);
  const open = (given) => receiver.open(given, PAYLOAD, { now: NOW });
  const from = { postseal, headers, pairs: Object.entries(headers), open, test };
  acceptedHeaders(from);
  doubledHeaders(from);
  refusedHeaders(from);
}

function acceptedHeaders({ headers, pairs, open, test }) {
  const shouted = pairs.map(([name, value]) => [name.toUpperCase(), value]);

  const accepted = {
    "fetch Headers": new Headers(headers),
    "a Node header object": {
      ...headers,
      host: "example.org",
      "set-cookie": ["a", "b"],
      te: undefined,
    },
    "an object with other case": Object.fromEntries(shouted),
    "an object with lists (headersDistinct)": Object.fromEntries(
      pairs.map(([name, value]) => [name, [value]]),
    ),
    "an object without a prototype": Object.assign(Object.create(null), headers),
    pairs: pairs,
    "pairs with other case": shouted,
    "a Map": new Map(shouted),
    "a Map with lists": new Map(pairs.map(([name, value]) => [name, [value]])),
    "an object with `get`": { get: (name) => headers[name] ?? null },
  };
  for (const [name, given] of Object.entries(accepted)) {
    test(`headers: ${name}`, () => same(open(given).id, "evt_1"));
  }
  test("headers: an iterator that can be read once", () => {
    const delivery = open(new Headers(headers).entries());
    same(delivery.unsigned("Webhook-Id"), "evt_1");
  });
  test("headers: an unsigned one is read as it came, or is null", () => {
    const delivery = open({ ...headers, "X-Topic": ["a", "b"] });
    same(delivery.unsigned("x-topic"), "a, b");
    same(delivery.unsigned("x-nothing"), null);
  });
}

function doubledHeaders({ postseal, headers, pairs, open, test }) {
  const id = headers["webhook-id"];
  const doubled = {
    "an object with two spellings": { ...headers, "Webhook-Id": id },
    "an object with a list": { ...headers, "webhook-id": [id, "evt_2"] },
    pairs: [...pairs, ["WEBHOOK-ID", id]],
    "fetch Headers, joined": new Headers([...pairs, ["webhook-id", id]]),
  };
  for (const [name, given] of Object.entries(doubled)) {
    test(`headers: a doubled id is seen in ${name}`, () => {
      throwsCode(postseal, "duplicate_header", () => open(given));
    });
  }
}

function refusedHeaders({ postseal, headers, pairs, open, test }) {
  const refused = {
    undefined: undefined,
    null: null,
    "a string": "webhook-id: evt_1",
    "Node's rawHeaders": pairs.flat(),
    "a number for a value": { ...headers, "webhook-id": 5 },
    "a list with a number": { ...headers, "webhook-id": [5] },
  };
  for (const [name, given] of Object.entries(refused)) {
    test(`headers: ${name} is refused`, () =>
      throwsCode(postseal, "invalid_config", () => open(given)));
  }
  test("headers: a request in their place is refused with the remedy", () => {
    const request = new Request("https://example.org/", { method: "POST", headers });
    const { message } = throwsCode(postseal, "invalid_config", () => open(request));
    ok(message.includes("request.headers"), message);
  });
  test("headers: what an object inherits is not a header", () => {
    throwsCode(postseal, "missing_header", () => open(Object.create(headers)));
  });
  test("headers: a NUL in a value starts no new field", () => {
    const smuggled = { ...headers, "webhook-id": `evt_1\0webhook-id\0evt_2` };
    throwsCode(postseal, "malformed_header", () => open(smuggled));
  });
  test("headers: a missing one names the provider that is seen", () => {
    const stripe = { "Stripe-Signature": "t=1,v1=00" };
    const { message } = throwsCode(postseal, "missing_header", () => open(stripe));
    ok(/stripe/i.test(message), message);
  });
}
