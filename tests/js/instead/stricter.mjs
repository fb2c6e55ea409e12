// Each line of the tables of docs/moving.md: the other library takes it, and our drop-in does not.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as octokit from "@octokit/webhooks-methods";
import * as standardwebhooks from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as Svix } from "svix";
import { here } from "../consumer.mjs";
import { ok, rejectsCode, same } from "../suite/harness.js";
import { whileHost } from "../suite/host.js";
import * as known from "./known.mjs";

const { PAYLOAD, SECRET, TEXT_SECRET, now, stripeHeader, svix, webhookHeaders } = known;
const RAW = { format: "raw" };
const UNPARSED = { jsonParse: false };
const TOKEN = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA";
const NOT_UTF8 = Buffer.from([0x22, 0xff, 0x22]);
const REPLACED = NOT_UTF8.toString();
const SURROGATE = '"\uD800"';
const LARGE = `${" ".repeat(32 << 20)}1`;
const PREFIXES = ["whpk_", "whsk_", "whenc_"];
const INEXACT_TIMES = [(text) => `+${text}`, (text) => `0${text}`, (text) => `${text}x`];

export function stricterTests({ postseal, instead, test }) {
  const sections = {
    "standardwebhooks and svix": webhookRows(instead),
    stripe: stripeRows(instead.stripe),
    octokit: octokitRows(instead.octokit),
  };
  for (const [section, rows] of Object.entries(sections)) {
    const table = tableOf(section);
    test(`docs/moving.md, ${section}: each line is tested, and each test has a line`, () => {
      same(Object.keys(table), Object.keys(rows), "lines");
    });
    for (const [what, pairs] of Object.entries(rows)) {
      test(`docs/moving.md, ${section}: ${what}`, async () => {
        for (const { theirs, ours, code = table[what], clock } of pairs) {
          const host = clock === undefined ? {} : { now: clock };
          const taken = await whileHost(host, async () => theirs());
          ok(taken !== false, "they take it");
          const answer = whileHost(host, async () => ours());
          // Octokit's shape says no without an error.
          if (code === false) same(await answer, false);
          else await rejectsCode(postseal, code, answer);
        }
      });
    }
  }
}

/** The lines of a section's table: what, and the code. */
function tableOf(section) {
  const text = readFileSync(join(here, "../../docs/moving.md"), "utf8");
  const [, rest] = text.split(`\n### ${section}\n`);
  const lines = rest.split(/\n#/)[0].matchAll(/^\| (.+?) \| `(\w+)` \| .+ \|$/gm);
  return Object.fromEntries(Array.from(lines, ([, what, code]) => [what, code]));
}

/** One call on each side. */
function both(theirs, ours, call, more = {}) {
  return { theirs: () => call(theirs), ours: () => call(ours), ...more };
}

function webhookRows({ standardwebhooks: own, svix: ownSvix }) {
  return { ...secretRows(own), ...messageRows(own, ownSvix), ...signRows(own) };
}

function secretRows(own) {
  const made = (...given) => both(standardwebhooks, own, ({ Webhook }) => new Webhook(...given));
  const bytes = (length) => Buffer.alloc(length, 200);
  const base64 = (length) => bytes(length).toString("base64");
  return {
    "a base64 secret of fewer than 24 or more than 75 bytes": [made(base64(23)), made(base64(76))],
    "a raw secret of fewer than 16 bytes of text": [made("x".repeat(15), RAW)],
    "a raw secret that is no printable text, of fewer than 24 or more than 75 bytes": [
      made(bytes(23), RAW),
      made(bytes(76), RAW),
      made(`${"x".repeat(15)}\n`, RAW),
    ],
    "a raw secret with a character beyond U+00FF": [made(`${"x".repeat(30)}\u0141`, RAW)],
    "a raw secret that begins as another kind of key does": PREFIXES.map((prefix) =>
      made(prefix + "x".repeat(30), RAW),
    ),
    "a secret in base64 with bits left over": [
      made(`${base64(24)}/f`),
      made(`${base64(25).slice(0, -3)}/==`),
    ],
  };
}

function messageRows(own, ownSvix) {
  const verify = (payload, headers) =>
    both(standardwebhooks, own, ({ Webhook }) =>
      new Webhook(SECRET).verify(payload, headers, UNPARSED),
    );
  const verifySvix = (payload, headers) =>
    both({ Webhook: Svix }, ownSvix, ({ Webhook }) => new Webhook(SECRET).verify(payload, headers));
  const good = webhookHeaders();
  const signature = good["webhook-signature"];
  const other = webhookHeaders({ secret: known.OTHER_SECRET })["webhook-signature"];
  const signed = (text) => ({ ...good, "webhook-signature": text });
  const payload = (text) => webhookHeaders({ payload: text });
  const ids = ["evt.1", "evt,1", "evt 1", "e".repeat(257)];
  return {
    "a timestamp with a sign, a leading zero or text behind it": INEXACT_TIMES.map((inexact) =>
      verify(PAYLOAD, { ...good, "webhook-timestamp": inexact(good["webhook-timestamp"]) }),
    ),
    "an id with a dot, a comma or a space, or longer than 256 bytes": ids.map((id) => {
      // To fetch, and so to us, a comma is how two headers are one.
      const code = id.includes(",") ? { code: "duplicate_header" } : {};
      return { ...verify(PAYLOAD, webhookHeaders({ id })), ...code };
    }),
    "a malformed `v1` entry beside a good one": [
      verify(PAYLOAD, signed(`v1,abc ${signature}`)),
      verify(PAYLOAD, signed(`${signature} v1`)),
    ],
    "more than eight signatures": [verify(PAYLOAD, signed(`${`${other} `.repeat(8)}${signature}`))],
    "a header twice, in two spellings of its name": [
      verify(PAYLOAD, { "Webhook-Id": "evt_2", ...good }),
    ],
    "`svix-*` and `webhook-*` headers that differ": [
      verifySvix(PAYLOAD, { ...webhookHeaders({ id: "evt_2" }), ...svix(good) }),
    ],
    "one header of `webhook-*` among those of `svix-*`": [
      verifySvix(PAYLOAD, { ...svix(good), "svix-id": undefined, "webhook-id": "evt_1" }),
    ],
    "a body that is not UTF-8, with the signature of its text with replacement characters": [
      verify(NOT_UTF8, payload(REPLACED)),
    ],
    "a payload with a lone surrogate": [verify(SURROGATE, payload(SURROGATE))],
    "a body in the form of a JWE": [
      verify(TOKEN, payload(TOKEN)),
      verifySvix(TOKEN, payload(TOKEN)),
    ],
    "a body of more than 32 MiB": [verify(LARGE, payload(LARGE))],
    "a host's clock before 2001-09-09": [
      { ...verify(PAYLOAD, webhookHeaders({ seconds: 999_999_999 })), clock: 999_999_999 },
    ],
  };
}

function signRows(own) {
  const sign = (id, date) =>
    both(standardwebhooks, own, ({ Webhook }) => new Webhook(SECRET).sign(id, date, PAYLOAD));
  return {
    "`sign` with an id of other characters than letters, digits, `_` and `-`": [
      sign("evt.1", new Date()),
      sign("e".repeat(256), new Date()),
    ],
    "`sign` for a time before 2001-09-09": [sign("evt_1", new Date(999_999_999_999))],
  };
}

function stripeRows(own) {
  const construct = (...given) =>
    both(Stripe.webhooks, own.webhooks, (webhooks) => webhooks.constructEvent(...given));
  const header = stripeHeader();
  const [time, signature] = header.split(",");
  const other = stripeHeader({ secret: "another" }).split(",")[1];
  const signed = (text) => construct(PAYLOAD, text, TEXT_SECRET);
  const secret = (text) => construct(PAYLOAD, stripeHeader({ secret: text }), text);
  const payload = (text, sent = text) =>
    construct(sent, stripeHeader({ payload: text }), TEXT_SECRET);
  const received = (...given) => construct(PAYLOAD, header, TEXT_SECRET, ...given);
  const early = stripeHeader({ timestamp: 999_999_999 });
  return {
    "a `tolerance` of 0, which checks no time": [received(0), received(-1)],
    "a `tolerance` of more than a day": [received(86_401)],
    "a timestamp more than 300 seconds ahead": [signed(stripeHeader({ timestamp: now() + 400 }))],
    "a timestamp with a sign, a leading zero or text behind it": INEXACT_TIMES.map((inexact) =>
      signed(`t=${inexact(time.slice(2))},${signature}`),
    ),
    "two timestamps": [signed(`t=1,${header}`)],
    "a malformed `v1` beside a good one": [signed(`${header},v1=abc`)],
    "an item without `=`": [signed(`${header},abc`)],
    "more than eight signatures": [signed(`${time}${`,${other}`.repeat(8)},${signature}`)],
    "a secret of more than 255 bytes": [secret("x".repeat(256))],
    "a secret that begins as another kind of key does": PREFIXES.map((prefix) =>
      secret(`${prefix}x`),
    ),
    "a secret of which a final newline is a part": [secret("a secret\n")],
    "a body that is not UTF-8, with the signature of its text with replacement characters": [
      payload(REPLACED, NOT_UTF8),
    ],
    "a payload with a lone surrogate": [payload(SURROGATE)],
    "a body in the form of a JWE, in `signature.verifyHeader`": [
      both(Stripe.webhooks, own.webhooks, (webhooks) =>
        webhooks.signature.verifyHeader(TOKEN, stripeHeader({ payload: TOKEN }), TEXT_SECRET),
      ),
    ],
    "a body of more than 32 MiB": [payload(LARGE)],
    "a host's clock, or a `receivedAt`, before 2001-09-09": [
      construct(PAYLOAD, early, TEXT_SECRET, undefined, undefined, 999_999_999_000),
      { ...construct(PAYLOAD, early, TEXT_SECRET), clock: 999_999_999, code: "clock_unavailable" },
    ],
    "a `receivedAt` that is neither number nor Date": [received(undefined, undefined, "now")],
    "`generateTestHeaderString` with a payload that is no string": [
      both(Stripe.webhooks, own.webhooks, (webhooks) =>
        webhooks.generateTestHeaderString({ payload: { a: 1 }, secret: TEXT_SECRET }),
      ),
    ],
  };
}

function octokitRows(own) {
  const verify = (secret, payload) =>
    both(octokit, own, async ({ verify }) =>
      verify(secret, payload, await octokit.sign(secret, payload)),
    );
  const no = (pair) => ({ ...pair, code: false });
  return {
    "a secret of more than 255 bytes": [verify("x".repeat(256), PAYLOAD)],
    "a blank secret": [verify(" ", PAYLOAD)],
    "a secret that begins as another kind of key does": PREFIXES.map((prefix) =>
      verify(`${prefix}x`, PAYLOAD),
    ),
    "a secret of which a final newline is a part": [no(verify("a secret\n", PAYLOAD))],
    "a payload with a lone surrogate": [verify("a secret", SURROGATE)],
    "a body in the form of a JWE": [no(verify("a secret", TOKEN))],
    "a body of more than 32 MiB": [no(verify("a secret", LARGE))],
  };
}
