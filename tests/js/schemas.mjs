// `delivery.json(schema)` with the schemas of zod and of valibot: node schemas.mjs <module of the
// installed package>
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import * as z from "zod";
import { ok, same, Suite, throwsCode } from "./suite/harness.js";
import { SECRET } from "./suite/known.js";

const { postseal, testing } = await import(pathToFileURL(process.argv[2]).href);
const suite = new Suite();
const { test } = suite;
const GOOD = { type: "order.paid", amount: "4200", lines: [{ sku: "a" }], extra: 1 };
const PARSED = { type: "order.paid", amount: 4200, lines: [{ sku: "a" }] };
/** Wrong in two places, under keys and with values that nobody's log may have. */
const WRONG = { ...GOOD, type: "marker-1", lines: { "marker-2": "marker-3" } };

const LIBRARIES = {
  zod: {
    schema: z.object({
      type: z.literal("order.paid"),
      amount: z.string().transform(Number),
      lines: z.array(z.object({ sku: z.string() })),
    }),
    record: z.record(z.string(), z.number()),
    asynchronous: z.string().refine(async () => true),
    throwing: z.any().transform((value) => {
      throw new Error(JSON.stringify(value));
    }),
  },
  valibot: {
    schema: v.object({
      type: v.literal("order.paid"),
      amount: v.pipe(v.string(), v.transform(Number)),
      lines: v.array(v.object({ sku: v.string() })),
    }),
    record: v.record(v.string(), v.number()),
    asynchronous: v.pipeAsync(
      v.string(),
      v.checkAsync(async () => true),
    ),
    throwing: v.pipe(
      v.any(),
      v.transform((value) => {
        throw new Error(JSON.stringify(value));
      }),
    ),
  },
};

for (const [library, { schema, record, asynchronous, throwing }] of Object.entries(LIBRARIES)) {
  const refused = (code, json, given) => {
    const error = throwsCode(postseal, code, () => delivery(json).json(given));
    ok(error.cause === undefined, "no cause");
    ok(!/marker/.test(`${error.stack}${JSON.stringify(error)}`), "no payload");
    return error;
  };
  test(`${library}: what the schema makes of the payload`, () => {
    same(delivery(GOOD).json(schema), PARSED);
  });
  test(`${library}: a payload that does not fit`, () => {
    same(refused("payload_invalid", WRONG, schema).message.includes("(issues: 2)"), true);
    refused("payload_invalid", { "marker-4": "marker-5" }, record);
    refused("payload_invalid", "marker-6", schema);
  });
  test(`${library}: an asynchronous schema`, () => {
    refused("invalid_config", "marker-7", asynchronous);
  });
  test(`${library}: a schema that throws`, () => {
    refused("invalid_config", "marker-8", throwing);
  });
}

function delivery(json) {
  const message = { id: "evt_1", json };
  const { headers, body } = testing.testDelivery({ secret: SECRET, message });
  return new postseal.Receiver({ secrets: SECRET }).open(headers, body);
}

const { passed, failed } = await suite.run();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
