// The other libraries' own examples, from the README of the installed package, unchanged but for
// the import; and those of their documentation elsewhere, in the same shape.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Stripe from "stripe";
import { here } from "../consumer.mjs";
import { ok, same } from "../suite/harness.js";
import { PAYLOAD, SECRET, stripeHeader, svix, TEXT_SECRET, webhookHeaders } from "./known.mjs";

export function exampleTests({ postseal, instead, folder, test }) {
  standardWebhooks({ postseal, folder, test });
  stripeReadme({ folder, test });
  stripeElsewhere({ instead, test });
  octokit({ folder, test });
  svixElsewhere({ instead, test });
}

/** The blocks of JavaScript in a package's README that have a text. */
function blocks(library, text) {
  const readme = readFileSync(join(here, "node_modules", library, "README.md"), "utf8");
  const found = [...readme.matchAll(/```(?:js|javascript)\n([^]*?)```/g)].map(([, code]) => code);
  const wanted = found.filter((code) => code.includes(text));
  ok(wanted.length > 0, `an example of ${library} with ${text}`);
  return wanted;
}

let examples = 0;

/** Runs an example as a module of the folder where our package is installed. */
async function run(folder, library, code, prelude) {
  const entry = library.replace(/^@octokit\/.*/, "octokit");
  const moved = code.replace(`"${library}"`, `"postseal/${entry}"`);
  const path = join(folder, `example-${(examples += 1)}.mjs`);
  writeFileSync(path, `${prelude}\n${moved}`);
  return import(pathToFileURL(path).href);
}

function standardWebhooks({ postseal, folder, test }) {
  const library = "standardwebhooks";
  const [code] = blocks(library, "new Webhook(");
  const prelude = (payload) =>
    [`const base64_secret = "${SECRET.slice(6)}";`]
      .concat(`const webhook_payload = ${JSON.stringify(payload)};`)
      .concat(`const webhook_headers = ${JSON.stringify(webhookHeaders())};`)
      .join("\n");
  test("example: standardwebhooks, README", async () => {
    ok(code.includes(`from "${library}"`), "an import to change");
    await run(folder, library, code, prelude(PAYLOAD));
    const thrown = await run(folder, library, code, prelude("{}")).catch((error) => error);
    same([thrown.name, thrown.code], ["WebhookVerificationError", "signature_mismatch"]);
    ok(postseal.WebhookError.is(thrown), "a WebhookError");
  });
}

function stripeReadme({ folder, test }) {
  const client = 'import stripeClient from "postseal/stripe";';
  test("example: stripe, README, verifying", async () => {
    const [code] = blocks("stripe", "webhookStripeSignatureHeader");
    const prelude = [client, `const webhookRawBody = ${JSON.stringify(PAYLOAD)};`]
      .concat(`const webhookStripeSignatureHeader = ${JSON.stringify(stripeHeader())};`)
      .concat(`const webhookSecret = "${TEXT_SECRET}";`);
    const { event } = await run(folder, "stripe", `${code}\nexport { event };`, prelude.join("\n"));
    same(event, JSON.parse(PAYLOAD));
  });
  test("example: stripe, README, testing", async () => {
    const [code] = blocks("stripe", "generateTestHeaderString");
    const expect = "const expect = (id) => ({ to: { equal: (other) => seen.push(id, other) } });";
    const prelude = [client, "export const seen = [];", expect].join("\n");
    const { seen } = await run(folder, "stripe", code, prelude);
    same(seen, ["evt_test_webhook", "evt_test_webhook"]);
  });
}

function stripeElsewhere({ instead: { stripe }, test }) {
  test("example: stripe in a Worker, with WebCrypto named", async () => {
    const webCrypto = stripe.createSubtleCryptoProvider();
    const given = [PAYLOAD, stripeHeader(), TEXT_SECRET, undefined, webCrypto];
    same(await stripe.webhooks.constructEventAsync(...given), JSON.parse(PAYLOAD));
  });
  test("example: stripe in Express, with a body of bytes", () => {
    const request = { body: Buffer.from(PAYLOAD), headers: { "stripe-signature": stripeHeader() } };
    const handler = ({ body, headers }) => {
      try {
        return stripe.webhooks.constructEvent(body, headers["stripe-signature"], TEXT_SECRET).id;
      } catch (error) {
        if (error instanceof stripe.errors.StripeSignatureVerificationError) return error.type;
        throw error;
      }
    };
    same(handler(request), "evt_1");
    const other = { ...request, body: Buffer.from("{}") };
    same(handler(other), "StripeSignatureVerificationError");
  });
  test("example: stripe's own client, with our CryptoProvider", async () => {
    const provider = new stripe.CryptoProvider();
    const header = stripeHeader({ cryptoProvider: provider });
    same(header, stripeHeader());
    const given = [header, TEXT_SECRET, undefined, provider];
    const { webhooks } = Stripe;
    same(webhooks.constructEvent(PAYLOAD, ...given), JSON.parse(PAYLOAD));
    same(await webhooks.constructEventAsync(PAYLOAD, ...given), JSON.parse(PAYLOAD));
    const node = Stripe.createNodeCryptoProvider();
    const data = new Uint8Array([1, 2, 3]);
    same(await provider.computeSHA256Async(data), await node.computeSHA256Async(data));
  });
}

function octokit({ folder, test }) {
  const library = "@octokit/webhooks-methods";
  test("example: octokit, README", async () => {
    const [line] = blocks(library, `from "${library}"`);
    const [usage] = blocks(library, "resolves with a string");
    ok(usage.includes('["oldsecret", ...]'), "a list with more to come");
    const code = `${line}\n${usage.replace(", ...]", "]")}`;
    await run(folder, library, code, `const eventPayloadString = ${JSON.stringify(PAYLOAD)};`);
    for (const missing of ['""', "undefined"]) {
      const prelude = `const eventPayloadString = ${missing};`;
      const thrown = await run(folder, library, code, prelude).catch((error) => error);
      same(thrown.code, "invalid_config");
    }
  });
}

/** Svix's documentation has its examples on the web, in handlers of Next and Express. */
function svixElsewhere({ instead: { svix: library }, test }) {
  const handlers = {
    Next: async (request) => (await request.buffer()).toString(),
    Express: async (request) => request.buffer(),
  };
  for (const [name, payloadOf] of Object.entries(handlers)) {
    test(`example: svix in ${name}`, async () => {
      const handler = async (request) => {
        const payload = await payloadOf(request);
        try {
          return new library.Webhook(SECRET).verify(payload, request.headers);
        } catch (error) {
          return error instanceof library.WebhookVerificationError ? 400 : 500;
        }
      };
      const node = { host: "example.org", "set-cookie": ["a", "b"], ...svix(webhookHeaders()) };
      const request = { headers: node, buffer: async () => Buffer.from(PAYLOAD) };
      same(await handler(request), JSON.parse(PAYLOAD));
      same(await handler({ ...request, buffer: async () => Buffer.from("{}") }), 400);
    });
  }
}
