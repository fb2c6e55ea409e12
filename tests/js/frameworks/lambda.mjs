// The Lambda adapter with events in the shapes that AWS documents for API Gateway (v1 and v2),
// function URLs and load balancers, in `events/`, and the answers as each of them reads them.
import { readdirSync, readFileSync } from "node:fs";
import { lambdaHandler } from "postseal/lambda";
import { ok, same, Suite } from "../suite/harness.js";
import { PAYLOAD, receiver, REFUSED, seal, sealEncrypted } from "./known.mjs";

const suite = new Suite();
const events = new URL("events/", import.meta.url);
const CONTEXT = { awsRequestId: "1" };

for (const file of readdirSync(events)) {
  const sample = JSON.parse(readFileSync(new URL(file, events), "utf8"));
  const name = file.replace(".json", "");
  const test = (what, run) => suite.test(`Lambda, ${name}: ${what}`, () => run(sample));
  takes(test);
  refuses(test);
  answers(test);
}

/** The sample event, with a message in it as its sender would have put it there. */
function eventWith(sample, { headers, body }, { base64 = sample.isBase64Encoded } = {}) {
  const event = { ...sample, isBase64Encoded: base64 };
  const bytes = Buffer.from(body);
  event.body = bytes.toString(base64 ? "base64" : "utf8");
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  if (sample.headers) {
    event.headers = { ...sample.headers };
    // v2 joins the values of a name; v1 and load balancers keep the last.
    for (const [key, value] of pairs.map(([key, value]) => [key.toLowerCase(), value])) {
      const before = sample.version === "2.0" ? event.headers[key] : undefined;
      event.headers[key] = before === undefined ? value : `${before},${value}`;
    }
  }
  if (sample.multiValueHeaders) {
    event.multiValueHeaders = { ...sample.multiValueHeaders };
    for (const [key, value] of pairs) (event.multiValueHeaders[key] ??= []).push(value);
  }
  return event;
}

async function invoked(event, options = {}) {
  const seen = { deliveries: [], refused: [] };
  const handle = lambdaHandler(receiver, {
    onRefused: ({ code }) => void seen.refused.push(code),
    onError: () => {},
    ...options,
    onDelivery: (delivery, ...args) => {
      same([args[0] === event, args[1] === CONTEXT], [true, true]);
      seen.deliveries.push(delivery);
      return options.onDelivery?.(delivery);
    },
  });
  return { answer: await handle(event, CONTEXT), ...seen };
}

function takes(test) {
  for (const base64 of [true, false]) {
    for (const [kind, sealed] of Object.entries({ plain: seal, encrypted: sealEncrypted })) {
      test(`a ${kind} body, ${base64 ? "in base64" : "as text"}`, async (sample) => {
        const event = eventWith(sample, sealed(), { base64 });
        const { answer, deliveries } = await invoked(event);
        same([answer.statusCode, answer.body, answer.isBase64Encoded], [204, "", false]);
        same(deliveries[0].text(), PAYLOAD);
      });
    }
  }
  test("a body that is no text", async (sample) => {
    const payload = Uint8Array.of(0, 255, 128, 254);
    const event = eventWith(sample, seal("evt_1", payload), { base64: true });
    same((await invoked(event)).deliveries[0].payload, payload);
  });
  for (const body of [null, undefined, ""]) {
    test(`no body, ${JSON.stringify(body)}`, async (sample) => {
      const event = { ...eventWith(sample, seal("evt_1", "")), body };
      same((await invoked(event)).deliveries[0].text(), "");
    });
  }
}

function refuses(test) {
  test("a changed body", async (sample) => {
    const { answer, refused } = await invoked(eventWith(sample, { ...seal(), body: "x" }));
    same([answer.statusCode, answer.body, refused], [401, REFUSED, ["signature_mismatch"]]);
  });
  test("a doubled header, where it can be seen", async (sample) => {
    if (sample.version !== "2.0" && !sample.multiValueHeaders) return;
    const { headers, body } = seal();
    const twice = [...Object.entries(headers), ["webhook-id", "evt_2"]];
    const { answer, refused } = await invoked(eventWith(sample, { headers: twice, body }));
    same([answer.statusCode, refused], [401, ["duplicate_header"]]);
  });
  test("a body that a middleware has parsed", async (sample) => {
    const event = { ...eventWith(sample, seal()), body: JSON.parse(PAYLOAD) };
    const { answer, refused } = await invoked(event);
    same([answer.statusCode, answer.body, refused], [500, REFUSED, ["body_not_bytes"]]);
  });
  test("a body over the limit", async (sample) => {
    const event = eventWith(sample, seal("evt_1", "x".repeat(100_001)));
    const { answer, refused } = await invoked(event);
    same([answer.statusCode, answer.body, refused], [413, REFUSED, ["body_too_large"]]);
  });
  test("`Retry-After`", async (sample) => {
    const limit = async () => ({ success: false, retryAfterSeconds: 7 });
    const { answer } = await invoked(eventWith(sample, seal()), { limit });
    const wait = answer.multiValueHeaders?.["retry-after"] ?? answer.headers["retry-after"];
    same([answer.statusCode, [wait].flat()], [429, ["7"]]);
  });
}

function answers(test) {
  test("an own answer, with two cookies", async (sample) => {
    const headers = new Headers({ "content-type": "text/plain" });
    for (const cookie of ["a=1", "b=2"]) headers.append("set-cookie", cookie);
    const onDelivery = () => new Response("grün", { status: 202, headers });
    const { answer } = await invoked(eventWith(sample, seal()), { onDelivery });
    same([answer.statusCode, answer.body, answer.isBase64Encoded], [202, "grün", false]);
    shaped(sample, answer);
  });
  test("an own answer that is no text", async (sample) => {
    const onDelivery = () => new Response(Uint8Array.of(255, 0));
    const { answer } = await invoked(eventWith(sample, seal()), { onDelivery });
    same([answer.statusCode, answer.body, answer.isBase64Encoded], [200, "/wA=", true]);
  });
}

function shaped(sample, { headers, multiValueHeaders, cookies }) {
  if (sample.version === "2.0") {
    same([headers, cookies], [{ "content-type": "text/plain" }, ["a=1", "b=2"]]);
    same(multiValueHeaders, undefined);
  } else if (sample.multiValueHeaders) {
    const all = { "content-type": ["text/plain"], "set-cookie": ["a=1", "b=2"] };
    same([multiValueHeaders, headers, cookies], [all, undefined, undefined]);
  } else {
    ok(headers["content-type"] === "text/plain" && cookies === undefined, "single headers");
    same(multiValueHeaders, undefined);
  }
}

const { passed, failed } = await suite.run();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
