// Stripe's library beside its drop-in shape.
import Stripe from "stripe";
import { ok, same } from "../suite/harness.js";
import { compared, MUTATIONS, mutated, passes, random } from "./compare.mjs";
import { now, PAYLOAD, stripeHeader, TEXT_SECRET } from "./known.mjs";

export function stripeTests({ instead: { stripe: ours }, test }) {
  answerTests({ ours, test });
  generatedTests({ ours, test });
  mutatedTests({ ours, test });
}

/** Arguments of `constructEvent`. */
function cases() {
  const good = stripeHeader();
  const [time, signature] = good.split(",");
  const other = stripeHeader({ secret: "another" }).split(",")[1];
  const at = (seconds) => stripeHeader({ timestamp: now() + seconds });
  const received = now() * 1000;
  const cases = {
    good: [PAYLOAD, good, TEXT_SECRET],
    bytes: [Buffer.from(PAYLOAD), good, TEXT_SECRET],
    "a header of bytes": [PAYLOAD, Buffer.from(good), TEXT_SECRET],
    "two signatures": [PAYLOAD, `${time},${other},${signature}`, TEXT_SECRET],
    "an older scheme beside": [PAYLOAD, `${good},v0=abc`, TEXT_SECRET],
    "an older scheme alone": [PAYLOAD, `${time},v0=${signature.slice(3)}`, TEXT_SECRET],
    "the signature first": [PAYLOAD, `${signature},${time}`, TEXT_SECRET],
    "a tampered payload": ["{}", good, TEXT_SECRET],
    "another secret": [PAYLOAD, good, "another"],
    "another time": [PAYLOAD, `t=${now() - 1},${signature}`, TEXT_SECRET],
    "no time": [PAYLOAD, signature, TEXT_SECRET],
    "no signature": [PAYLOAD, time, TEXT_SECRET],
    "no scheme": [PAYLOAD, "abc", TEXT_SECRET],
    "a signature cut short": [PAYLOAD, good.slice(0, -1), TEXT_SECRET],
    "a signature in capitals": [
      PAYLOAD,
      `${time},v1=${signature.slice(3).toUpperCase()}`,
      TEXT_SECRET,
    ],
    "no header": [PAYLOAD, undefined, TEXT_SECRET],
    "null for a header": [PAYLOAD, null, TEXT_SECRET],
    "an empty header": [PAYLOAD, "", TEXT_SECRET],
    "no payload": [undefined, good, TEXT_SECRET],
    "a parsed payload": [JSON.parse(PAYLOAD), good, TEXT_SECRET],
    "no secret": [PAYLOAD, good, undefined],
    "an empty secret": [PAYLOAD, good, ""],
    "a blank secret": [PAYLOAD, good, " \n"],
    "too old": [PAYLOAD, at(-400), TEXT_SECRET],
    "too old, with a wider tolerance": [PAYLOAD, at(-400), TEXT_SECRET, 500],
    "received in time": [PAYLOAD, at(-400), TEXT_SECRET, undefined, undefined, received - 200_000],
    "no tolerance given": [PAYLOAD, good, TEXT_SECRET, null, null, null],
    "no JSON": ["text", stripeHeader({ payload: "text" }), TEXT_SECRET],
    "null as JSON": ["null", stripeHeader({ payload: "null" }), TEXT_SECRET],
  };
  const thin = '{"object":"v2.core.event"}';
  cases["a thin event"] = [thin, stripeHeader({ payload: thin }), TEXT_SECRET];
  for (const seconds of [300, 301]) {
    const header = stripeHeader({ timestamp: now() - seconds });
    cases[`${seconds} seconds old`] = [PAYLOAD, header, TEXT_SECRET, 300, undefined, received];
  }
  return cases;
}

function answerTests({ ours, test }) {
  const Theirs = Stripe.errors.StripeSignatureVerificationError;
  const compare = compared(Theirs, ours.StripeSignatureVerificationError);
  for (const [kind, given] of Object.entries(cases())) {
    test(`stripe, the same answer: ${kind}`, async () => {
      const [one, another] = [Stripe.webhooks, ours.webhooks];
      const value = await compare(
        () => one.constructEvent(...given),
        () => another.constructEvent(...given),
      );
      const later = await compare(
        () => one.constructEventAsync(...given),
        () => another.constructEventAsync(...given),
      );
      same(later, value);
    });
  }
  test("stripe, two headers: both refuse", () => {
    const header = stripeHeader();
    for (const { webhooks } of [Stripe, ours]) {
      ok(!passes(() => webhooks.constructEvent(PAYLOAD, [header, header], TEXT_SECRET)), "refused");
    }
  });
}

function generatedTests({ ours, test }) {
  const cases = { plain: {}, "a time": { timestamp: 12_345.6 }, "a scheme": { scheme: "v0" } };
  Object.assign(cases, {
    "a signature": { signature: "abc" },
    "an empty payload": { payload: "" },
  });
  for (const [kind, changes] of Object.entries(cases)) {
    test(`stripe, the same header is generated: ${kind}`, async () => {
      const options = { payload: PAYLOAD, secret: TEXT_SECRET, timestamp: now(), ...changes };
      const expected = Stripe.webhooks.generateTestHeaderString(options);
      same(ours.webhooks.generateTestHeaderString(options), expected);
      same(await ours.webhooks.generateTestHeaderStringAsync(options), expected);
    });
  }
}

function mutatedTests({ ours, test }) {
  test("stripe, mutated headers: what we take, they take", () => {
    const next = random(2);
    let taken = 0;
    for (let round = 0; round < MUTATIONS; round += 1) {
      // They mind a space around an item, and we do not.
      const header = mutated(stripeHeader(), next).replaceAll(" ", "");
      const given = [PAYLOAD, header, TEXT_SECRET];
      if (!passes(() => ours.constructEvent(...given))) continue;
      taken += 1;
      ok(
        passes(() => Stripe.webhooks.constructEvent(...given)),
        `they take ${header}`,
      );
    }
    ok(taken > 0 && taken < MUTATIONS / 2, `some are taken: ${taken}`);
  });
}
