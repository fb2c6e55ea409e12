// Standard Webhooks' library and Svix's beside their drop-in shapes.
import * as standardwebhooks from "standardwebhooks";
import * as svixLibrary from "svix";
import { ok, same } from "../suite/harness.js";
import { withHost } from "../suite/host.js";
import { compared, MUTATIONS, mutated, passes, random } from "./compare.mjs";
import { now, OTHER_SECRET, PAYLOAD, SECRET, svix, TEXT_SECRET, webhookHeaders } from "./known.mjs";

export function webhookTests({ instead, test }) {
  const libraries = {
    standardwebhooks: {
      theirs: standardwebhooks,
      ours: instead.standardwebhooks,
      name: (headers) => headers,
    },
    svix: { theirs: svixLibrary, ours: instead.svix, name: svix },
  };
  for (const [library, { theirs, ours, name }] of Object.entries(libraries)) {
    const compare = compared(theirs.WebhookVerificationError, ours.WebhookVerificationError);
    const from = { library, theirs, ours, name, compare, test };
    secretTests(from);
    verifyTests(from);
    edgeTests(from);
    mutatedTests(from);
  }
}

const RAW = { format: "raw" };
const SECRETS = {
  "with its prefix": [SECRET],
  "without its prefix": [SECRET.slice(6)],
  "of 32 bytes, padded": [`whsec_${Buffer.alloc(32, 9).toString("base64")}`],
  "of 32 bytes, without padding": [`whsec_${Buffer.alloc(32, 8).toString("base64").slice(0, 43)}`],
  "of 75 bytes": [Buffer.alloc(75, 7).toString("base64")],
  "raw text": ["a secret of sixteen and more", RAW],
  "raw text with its prefix": [TEXT_SECRET, RAW],
  "raw text of 255 bytes": ["x".repeat(255), RAW],
  "raw text with a character of Latin-1": ["a secret with one é in Latin-1", RAW],
  "raw bytes": [Buffer.alloc(64, 200), RAW],
  "raw bytes that are text": [new TextEncoder().encode("a secret of sixteen"), RAW],
  "another format": [SECRET, { format: "base64" }],
};
const NO_SECRETS = { empty: [""], "a prefix alone": ["whsec_"], "no base64": ["whsec_???"] };
Object.assign(NO_SECRETS, { "raw and empty": ["", RAW], bytes: [Buffer.alloc(32)], unset: [] });
const PAYLOADS = { JSON: PAYLOAD, empty: "", bytes: Buffer.from(PAYLOAD), spaces: " \r\n1\n" };

function secretTests({ library, theirs, ours, name, compare, test }) {
  for (const [kind, given] of Object.entries(SECRETS)) {
    test(`${library}, a secret ${kind}: both sign and verify the same`, async () => {
      const [one, other] = [theirs, ours].map(({ Webhook }) => new Webhook(...given));
      const date = new Date(now() * 1000 + 500);
      for (const payload of Object.values(PAYLOADS)) {
        const signature = one.sign("evt_1", date, payload);
        same(other.sign("evt_1", date, payload), signature, "signature");
      }
      const headers = name(webhookHeaders({ secret: given[0], options: given[1] }));
      const verified = await compare(
        () => [one.verify(PAYLOAD, headers)].length,
        () => [other.verify(PAYLOAD, headers)].length,
      );
      same(verified, { value: 1 });
    });
  }
  for (const [kind, given] of Object.entries(NO_SECRETS)) {
    test(`${library}, a secret that is none: ${kind}`, async () => {
      const made = [theirs, ours].map(
        ({ Webhook }) =>
          () =>
            new Webhook(...given),
      );
      same(await compare(...made), "error");
    });
  }
}

/** Payloads and headers, right ones and wrong ones. */
function verifyCases(name) {
  const good = (changes) => name(webhookHeaders(changes));
  const key = (part) => Object.keys(good()).find((name) => name.endsWith(part));
  const signed = (text) => ({ ...good(), [key("signature")]: text });
  const signature = good()[key("signature")];
  const other = good({ secret: OTHER_SECRET })[key("signature")];
  const upper = (headers) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
  const cases = {
    good: [PAYLOAD, good()],
    bytes: [Buffer.from(PAYLOAD), good()],
    "names in capitals": [PAYLOAD, upper(good())],
    "other headers beside": [PAYLOAD, { ...good(), host: "a", "x-webhook-id": "b" }],
    "no prototype": [PAYLOAD, Object.assign(Object.create(null), good())],
    "an empty payload": ["", good({ payload: "" })],
    "a tampered payload": [PAYLOAD.replace("1", "2"), good()],
    "another secret": [PAYLOAD, good({ secret: OTHER_SECRET })],
    "no headers": [PAYLOAD, {}],
    "two signatures": [PAYLOAD, signed(`${other} ${signature}`)],
    "eight signatures": [PAYLOAD, signed(`${`${other} `.repeat(7)}${signature}`)],
    "two wrong signatures": [PAYLOAD, signed(`${other} ${other}`)],
    "an unknown version beside": [PAYLOAD, signed(`v2,abc ${signature}`)],
    "unknown versions alone": [PAYLOAD, signed(signature.replace("v1", "v2"))],
    "another version of the same bytes": [PAYLOAD, signed(signature.replace("v1", "V1"))],
    "no version": [PAYLOAD, signed(signature.slice(3))],
    "a signature cut short": [PAYLOAD, signed(signature.slice(0, -1))],
    "a timestamp that is no number": [PAYLOAD, { ...good(), [key("timestamp")]: "today" }],
    "another timestamp": [PAYLOAD, { ...good(), [key("timestamp")]: String(now() - 1) }],
    "another id": [PAYLOAD, { ...good(), [key("id")]: "evt_2" }],
    "headers for no one": [PAYLOAD, undefined],
    "a parsed payload": [JSON.parse(PAYLOAD), good()],
    "no payload": [undefined, good()],
  };
  for (const part of ["id", "timestamp", "signature"]) {
    const { [key(part)]: _, ...without } = good();
    cases[`without the ${part}`] = [PAYLOAD, without];
    cases[`with an empty ${part}`] = [PAYLOAD, { ...good(), [key(part)]: "" }];
  }
  return cases;
}

function verifyTests({ library, theirs, ours, name, compare, test }) {
  for (const [kind, given] of Object.entries(verifyCases(name))) {
    test(`${library}, the same answer: ${kind}`, async () => {
      const [one, another] = [theirs, ours].map(({ Webhook }) => new Webhook(SECRET));
      // Svix 2 returns nothing, and we what Svix 1 did.
      const call = (webhook) => () => {
        const value = webhook.verify(...given);
        return library === "svix" ? undefined : value;
      };
      await compare(call(one), call(another));
    });
  }
}

function edgeTests({ library, theirs, ours, name, compare, test }) {
  for (const [seconds, expected] of [
    [300, "taken"],
    [301, "refused"],
  ]) {
    for (const sign of [-1, 1]) {
      test(`${library}, ${sign * seconds} seconds from now is ${expected}`, async () => {
        const at = now();
        const headers = name(webhookHeaders({ seconds: at + sign * seconds }));
        const verify =
          ({ Webhook }) =>
          () =>
            withHost({ now: at }, () => [new Webhook(SECRET).verify(PAYLOAD, headers)].length);
        const answer = await compare(verify(theirs), verify(ours));
        same(answer, expected === "taken" ? { value: 1 } : "refused");
      });
    }
  }
}

function mutatedTests({ library, theirs, ours, name, test }) {
  test(`${library}, mutated headers: what we take, they take`, () => {
    const next = random(1);
    let taken = 0;
    for (let round = 0; round < MUTATIONS; round += 1) {
      const headers = name(webhookHeaders());
      const header = Object.keys(headers)[next(3)];
      headers[header] = mutated(headers[header], next);
      const verify = ({ Webhook }) => new Webhook(SECRET).verify(PAYLOAD, headers);
      if (!passes(() => verify(ours))) continue;
      taken += 1;
      ok(
        passes(() => verify(theirs)),
        `they take ${JSON.stringify(headers)}`,
      );
    }
    ok(taken > 0 && taken < MUTATIONS / 2, `some are taken: ${taken}`);
  });
}
