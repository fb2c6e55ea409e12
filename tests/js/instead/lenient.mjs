// What docs/moving.md says is taken beyond the other libraries: they refuse it, and we do not.
import * as octokit from "@octokit/webhooks-methods";
import * as standardwebhooks from "standardwebhooks";
import Stripe from "stripe";
import { ok } from "../suite/harness.js";
import { OTHER_SECRET, PAYLOAD, SECRET, stripeHeader, svix, TEXT_SECRET } from "./known.mjs";
import { webhookHeaders } from "./known.mjs";

export function lenientTests({ instead, test }) {
  for (const [what, calls] of Object.entries({ ...webhookCalls(instead), ...others(instead) })) {
    test(`taken beyond the other library: ${what}`, async () => {
      for (const [theirs, ours] of calls) {
        const refused = await Promise.resolve()
          .then(theirs)
          .then((value) => value === false)
          .catch(() => true);
        ok(refused, "they refuse it");
        ok((await ours()) !== false, "we take it");
      }
    });
  }
}

function webhookCalls({ standardwebhooks: own }) {
  const verify = (payload, headers) =>
    [standardwebhooks, own].map(
      ({ Webhook }) =>
        () =>
          new Webhook(SECRET).verify(payload, headers),
    );
  const good = webhookHeaders();
  const signature = good["webhook-signature"];
  const other = webhookHeaders({ secret: OTHER_SECRET })["webhook-signature"];
  const bytes = new TextEncoder().encode(PAYLOAD);
  const signed = (text) => ({ ...good, "webhook-signature": text });
  return {
    "headers of other kinds": [
      verify(PAYLOAD, new Headers(good)),
      verify(PAYLOAD, Object.entries(good)),
      verify(
        PAYLOAD,
        Object.fromEntries(Object.entries(good).map(([name, value]) => [name, [value]])),
      ),
    ],
    "svix's headers": [verify(PAYLOAD, svix(good))],
    "bytes of other kinds": [verify(bytes, good), verify(bytes.buffer, good)],
    "white space and commas around a signature": [
      verify(PAYLOAD, signed(`\t${signature}\t`)),
      verify(PAYLOAD, signed(`${other},${signature}`)),
    ],
  };
}

function others({ stripe, octokit: own }) {
  const construct = (...given) =>
    [Stripe, stripe].map(
      ({ webhooks }) =>
        () =>
          webhooks.constructEvent(...given),
    );
  const header = stripeHeader();
  const text = "a secret";
  const verify = (payload, change) =>
    [octokit, own].map(({ verify }) => async () => {
      return verify(text, payload, change(await octokit.sign(text, PAYLOAD)));
    });
  return {
    "stripe: a list of one header": [construct(PAYLOAD, [header], TEXT_SECRET)],
    "stripe: white space around items": [
      construct(PAYLOAD, header.replace(",", ", "), TEXT_SECRET),
    ],
    "stripe: other bytes": [
      construct(new Uint8Array(Buffer.from(PAYLOAD)).buffer, header, TEXT_SECRET),
    ],
    "stripe: a final newline behind a secret": [construct(PAYLOAD, header, `${TEXT_SECRET}\n`)],
    "octokit: bytes": [verify(Buffer.from(PAYLOAD), (signature) => signature)],
    "octokit: white space around a signature": [verify(PAYLOAD, (signature) => ` ${signature} `)],
  };
}
