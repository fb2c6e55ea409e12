// The drop-in shapes, as far as they need no other library: known answers, errors, and redaction.
// `tests/js/instead.mjs` compares them with the libraries themselves.
import { bytes, PAYLOAD, SECRET } from "./known.js";
import { ok, rejectsCode, same, stackOf, throwsCode } from "./harness.js";
import { whileHost, withHost } from "./host.js";

/** The known answer of the Standard Webhooks and Svix libraries. */
const KNOWN = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  seconds: 1_614_265_330,
  payload: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const OLD = KNOWN.seconds + 301;
/** GitHub's own, from its documentation on validating deliveries. */
const GITHUB = {
  secret: "It's a Secret to Everybody",
  payload: "Hello, World!",
  signature: "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
};
const STRIPE_SECRET = "whsec_test_secret";
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

export function insteadTests({ postseal, instead, util, test }) {
  const { octokit, standardwebhooks, stripe, svix } = instead;
  webhookTests({
    postseal,
    library: standardwebhooks,
    prefix: "webhook",
    name: "standardwebhooks",
    test,
  });
  webhookTests({ postseal, library: svix, prefix: "svix", name: "svix", test });
  secretTests({ postseal, standardwebhooks, test });
  payloadTests({ postseal, standardwebhooks, svix, test });
  stripeTests({ postseal, stripe, test });
  stripeErrorTests({ postseal, stripe, test });
  cryptoTests({ postseal, CryptoProvider: stripe.CryptoProvider, test });
  octokitTests({ postseal, octokit, test });
  redactionTests({ standardwebhooks, util, test });
}

function knownHeaders(prefix) {
  return {
    [`${prefix}-id`]: KNOWN.id,
    [`${prefix}-timestamp`]: String(KNOWN.seconds),
    [`${prefix}-signature`]: KNOWN.signature,
  };
}

function webhookTests({ postseal, library, prefix, name, test }) {
  const { Webhook, WebhookVerificationError } = library;
  const webhook = new Webhook(SECRET);
  const headers = knownHeaders(prefix);
  const verify = (...given) => withHost({ now: KNOWN.seconds }, () => webhook.verify(...given));
  test(`${name}: the known answer`, () => {
    const date = new Date(KNOWN.seconds * 1000 + 999);
    same(webhook.sign(KNOWN.id, date, KNOWN.payload), KNOWN.signature);
    same(webhook.sign(KNOWN.id, date, bytes(KNOWN.payload)), KNOWN.signature);
    same(verify(KNOWN.payload, headers), JSON.parse(KNOWN.payload));
    same(verify(bytes(KNOWN.payload), headers), JSON.parse(KNOWN.payload));
  });
  test(`${name}: headers of every kind`, () => {
    const upper = Object.entries(headers).map(([key, value]) => [key.toUpperCase(), value]);
    const lists = Object.entries(headers).map(([key, value]) => [key, [value]]);
    const kinds = [new Headers(headers), upper, Object.fromEntries(upper)];
    for (const kind of [...kinds, new Map(upper), Object.fromEntries(lists)]) {
      same(verify(KNOWN.payload, kind), JSON.parse(KNOWN.payload));
    }
  });
  const refused = {
    signature_mismatch: [`${KNOWN.payload} `, headers],
    missing_header: [KNOWN.payload, {}],
    malformed_timestamp: [KNOWN.payload, { ...headers, [`${prefix}-timestamp`]: "x" }],
  };
  for (const [code, given] of Object.entries(refused)) {
    test(`${name}: ${code} has the library's own class, and ours`, () => {
      const error = throwsCode(postseal, code, () => verify(...given));
      ok(error instanceof WebhookVerificationError && error instanceof Error, "its class");
      same([error.name, error.status], ["WebhookVerificationError", 401]);
      ok(String(error).startsWith("WebhookVerificationError: "), String(error));
    });
  }
  test(`${name}: too old`, () => {
    const error = throwsCode(postseal, "timestamp_too_old", () =>
      withHost({ now: OLD }, () => webhook.verify(KNOWN.payload, headers)),
    );
    ok(error instanceof WebhookVerificationError, "its class");
  });
  test(`${name}: a caller's mistake is no refusal`, () => {
    const mistakes = {
      body_not_bytes: () => verify({ test: 1 }, headers),
      invalid_config: () => verify(KNOWN.payload, undefined),
      clock_unavailable: () => withHost({ now: 0 }, () => webhook.verify(KNOWN.payload, headers)),
      invalid_id: () => webhook.sign("a.b", new Date(), ""),
    };
    for (const [code, mistake] of Object.entries(mistakes)) {
      const error = throwsCode(postseal, code, mistake);
      same([error instanceof WebhookVerificationError, error.name], [false, "WebhookError"]);
    }
    for (const timestamp of [undefined, KNOWN.seconds, null, "2021", new Date(Number.NaN)]) {
      throwsCode(postseal, "invalid_config", () => webhook.sign("a", timestamp, ""));
    }
  });
  test(`${name}: an error can be made, as a test's stand-in does`, () => {
    const error = new WebhookVerificationError("no");
    same([error.message, error.code], ["no", "signature_mismatch"]);
    ok(postseal.WebhookError.is(error), "a WebhookError");
  });
}

function secretTests({ postseal, standardwebhooks: { Webhook }, test }) {
  const key = "0123456789abcdef01234567";
  const signed = (...given) => new Webhook(...given).sign("evt_1", new Date(1e12), PAYLOAD);
  test("standardwebhooks: one secret, in each of its spellings", () => {
    const expected = signed(`whsec_${btoa(key)}`);
    same(signed(btoa(key)), expected);
    same(signed(key, { format: "raw" }), expected);
    same(signed(bytes(key), { format: "raw" }), expected);
    same(signed(bytes(`-${key}-`).subarray(1, 25), { format: "raw" }), expected);
  });
  test("standardwebhooks: a raw secret that is no text", () => {
    const binary = Uint8Array.from({ length: 32 }, (_, at) => 255 - at);
    const expected = signed(btoa(String.fromCharCode(...binary)));
    same(signed(binary, { format: "raw" }), expected);
    same(signed(String.fromCharCode(...binary), { format: "raw" }), expected);
  });
  const refused = {
    "an empty one": [""],
    "an empty one behind its prefix": ["whsec_"],
    "what is no base64": ["whsec_*"],
    "one that is not set": [undefined],
    "bytes without a format": [bytes(key)],
    "an empty raw one": ["", { format: "raw" }],
    "a raw one that is not set": [undefined, { format: "raw" }],
    "a raw character that is no byte": [`${key}\u0141`, { format: "raw" }],
    "too many raw bytes": [new Uint8Array(256), { format: "raw" }],
    "a public key": [`whpk_${btoa("x".repeat(32))}`],
    "a private key": [`whsk_${btoa("x".repeat(64))}`],
    "a raw public key": [`whpk_${btoa("x".repeat(32))}`, { format: "raw" }],
  };
  for (const [name, given] of Object.entries(refused)) {
    test(`standardwebhooks: as a secret ${name} is refused`, () => {
      throwsCode(postseal, "invalid_secret", () => new Webhook(...given));
    });
  }
}

function payloadTests({ postseal, standardwebhooks, svix, test }) {
  const verify = ({ Webhook }, payload, ...options) => {
    const webhook = new Webhook(SECRET);
    const headers = {
      "webhook-id": "evt_1",
      "webhook-timestamp": String(KNOWN.seconds),
      "webhook-signature": webhook.sign("evt_1", new Date(KNOWN.seconds * 1000), payload),
    };
    return withHost({ now: KNOWN.seconds }, () => webhook.verify(payload, headers, ...options));
  };
  test("standardwebhooks: an empty payload, and one that is not to be parsed", () => {
    same(verify(standardwebhooks, ""), undefined);
    same(verify(standardwebhooks, "text", { jsonParse: false }), undefined);
    same(verify(standardwebhooks, "1", { jsonParse: undefined }), 1);
  });
  test("standardwebhooks: a payload that is not JSON is quoted nowhere", () => {
    const error = throwsCode(postseal, "payload_not_json", () =>
      verify(standardwebhooks, "4242 x"),
    );
    ok(error.cause === undefined && !`${stackOf(error)}`.includes("4242"), "no payload");
  });
  test("svix: a payload that is not JSON is verified, and nothing is returned", () => {
    same([verify(svix, "text"), verify(svix, ""), verify(svix, "1")], [undefined, undefined, 1]);
    same(verify(svix, new Uint8Array([0xff])), undefined);
  });
}

function stripeTests({ postseal, stripe, test }) {
  const { constructEvent, constructEventAsync } = stripe.webhooks;
  const seconds = KNOWN.seconds;
  const event = '{"id":"evt_1","object":"event"}';
  const header = stripe.generateTestHeaderString({
    payload: event,
    secret: STRIPE_SECRET,
    timestamp: seconds,
  });
  test("stripe: a header, and the event", async () => {
    ok(header.startsWith(`t=${seconds},v1=`), header);
    await whileHost({ now: seconds }, async () => {
      const given = [header, STRIPE_SECRET];
      for (const payload of [event, bytes(event)]) {
        same(constructEvent(payload, ...given), JSON.parse(event));
        same(await constructEventAsync(payload, ...given), JSON.parse(event));
      }
      same(constructEvent(event, bytes(header), STRIPE_SECRET), JSON.parse(event));
      same(stripe.default.webhooks.signature.verifyHeader(event, ...given), true);
      same(await stripe.webhooks.signature.verifyHeaderAsync(event, ...given), true);
    });
  });
  test("stripe: the time of receipt, and the tolerance", () => {
    const at = (received, tolerance) =>
      constructEvent(event, header, STRIPE_SECRET, tolerance, undefined, received).id;
    const later = (more) => (seconds + more) * 1000;
    same([at(later(300.9)), at(new Date(later(300))), at(later(10), 10)], Array(3).fill("evt_1"));
    for (const given of [[later(301)], [later(11), 10]]) {
      throwsCode(postseal, "timestamp_too_old", () => at(...given));
    }
    same(at(later(-300)), "evt_1");
    throwsCode(postseal, "timestamp_too_new", () => at(later(-301)));
    const wrong = [
      [later(0), 0],
      [later(0), 86_401],
      [later(0), "300"],
      [later(0), Symbol("300")],
    ];
    for (const given of [...wrong, [Number.NaN], ["now"], [Symbol("now")]]) {
      throwsCode(postseal, "invalid_config", () => at(...given));
    }
  });
  test("stripe: generated headers have what they are given", async () => {
    const given = { payload: event, secret: STRIPE_SECRET, timestamp: 5.9 };
    const made = stripe.generateTestHeaderString(given);
    ok(/^t=5,v1=[0-9a-f]{64}$/.test(made), made);
    same(await stripe.generateTestHeaderStringAsync(given), made);
    const own = { ...given, scheme: "v0", signature: "abc" };
    same(stripe.generateTestHeaderString(own), "t=5,v0=abc");
    const now = { payload: event, secret: STRIPE_SECRET };
    const fresh = withHost({ now: seconds }, () => stripe.generateTestHeaderString(now));
    same(fresh, header);
    throwsCode(postseal, "invalid_config", () => stripe.generateTestHeaderString());
    throwsCode(postseal, "body_not_bytes", () =>
      stripe.generateTestHeaderString({ ...given, payload: {} }),
    );
  });
}

function stripeErrorTests({ postseal, stripe, test }) {
  const header = stripe.generateTestHeaderString({ payload: PAYLOAD, secret: STRIPE_SECRET });
  const refused = {
    signature_mismatch: [`${PAYLOAD} `, header, STRIPE_SECRET],
    missing_header: [PAYLOAD, undefined, STRIPE_SECRET],
    malformed_signature: [PAYLOAD, "t=1,v1=x", STRIPE_SECRET],
    body_not_bytes: [JSON.parse(PAYLOAD), header, STRIPE_SECRET],
    invalid_secret: [PAYLOAD, header, " "],
  };
  for (const [code, given] of Object.entries(refused)) {
    test(`stripe: ${code} has stripe's own class, and ours`, async () => {
      const error = throwsCode(postseal, code, () => stripe.constructEvent(...given));
      await rejectsCode(postseal, code, stripe.constructEventAsync(...given));
      const { StripeSignatureVerificationError } = stripe.errors;
      ok(error instanceof StripeSignatureVerificationError && error instanceof Error, "its class");
      const type = "StripeSignatureVerificationError";
      same([error.type, error.name], [type, type]);
      ok(error.header === undefined && error.payload === undefined, "neither header nor payload");
      ok(!`${stackOf(error)}${JSON.stringify(error)}`.includes("4242"), "no payload");
    });
  }
  test("stripe: an empty header is missing", () => {
    for (const empty of [null, "", new Uint8Array(0)]) {
      throwsCode(postseal, "missing_header", () =>
        stripe.constructEvent(PAYLOAD, empty, STRIPE_SECRET),
      );
    }
  });
  test("stripe: a payload that is no event", () => {
    for (const [code, payload] of [
      ["payload_not_json", "4242 x"],
      ["payload_invalid", '{"object":"v2.core.event","card":4242}'],
    ]) {
      const signed = stripe.generateTestHeaderString({ payload, secret: STRIPE_SECRET });
      const error = throwsCode(postseal, code, () =>
        stripe.constructEvent(payload, signed, STRIPE_SECRET),
      );
      ok(error.cause === undefined && !`${stackOf(error)}`.includes("4242"), "no payload");
    }
  });
}

function cryptoTests({ postseal, CryptoProvider, test }) {
  const provider = new CryptoProvider();
  test("stripe: HMAC's known answers", async () => {
    const known = {
      "": "f7f9bd47fb987337b5796fdc1fdb9ba221d0d5396814bfcaf9521f43fd8927fd",
      "\u{1F600}": "837da296d05c4fe31f61d5d7ead035099d9585a5bcde87de952012a78f0b0c43",
    };
    for (const [payload, expected] of Object.entries(known)) {
      same(provider.computeHMACSignature(payload, "test_secret"), expected);
      same(await provider.computeHMACSignatureAsync(payload, "test_secret"), expected);
    }
    throwsCode(postseal, "invalid_secret", () => provider.computeHMACSignature("", ""));
    await rejectsCode(postseal, "invalid_secret", provider.computeHMACSignatureAsync("", ""));
  });
  const TOKEN =
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA";
  const texts = { nothing: "", text: "abc", "a token": TOKEN };
  texts["an envelope"] = '{"encrypted":"AA==","nonce":"AAAAAAAAAAAAAAAA"}';
  for (const [name, text] of Object.entries(texts)) {
    test(`stripe: SHA-256 of ${name} is the platform's`, async () => {
      const expected = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(text)));
      same(await provider.computeSHA256Async(bytes(text)), expected);
    });
  }
}

function octokitTests({ postseal, octokit: { sign, verify, verifyWithFallback }, test }) {
  const { secret, payload, signature } = GITHUB;
  test("octokit: the known answer", async () => {
    same(await sign(secret, payload), signature);
    same(await verify(secret, payload, signature), true);
    same(await verify(secret, bytes(payload), signature), true);
  });
  test("octokit: what is refused is false", async () => {
    const wrong = [`${signature}0`, signature.toUpperCase(), "x", `sha1=${signature.slice(7)}`];
    for (const other of wrong) same(await verify(secret, payload, other), false, other);
    same(await verify(secret, `${payload} `, signature), false);
    same(await verify("another", payload, signature), false);
  });
  test("octokit: further secrets", async () => {
    const found = (...more) => verifyWithFallback("new", payload, signature, ...more);
    same([await found(["x", secret]), await found(["x"])], [true, false]);
    same([await found(undefined), await found()], [false, false]);
    const many = Array.from({ length: 20 }, (_, at) => `secret ${at}`);
    same(await found([...many, secret]), true);
    same(await verifyWithFallback(secret, payload, signature, [""]), true);
    same(await found(new Set([secret])), true);
    await rejectsCode(postseal, "invalid_config", found([""]));
    await rejectsCode(postseal, "invalid_config", found(5));
  });
  test("octokit: many secrets, one after another and again", async () => {
    const many = Array.from({ length: 40 }, (_, at) => `secret ${at % 20}`);
    const signatures = new Set();
    for (const one of many) {
      const made = await sign(one, payload);
      signatures.add(made);
      same(
        [await verify(one, payload, made), await verify(one, payload, signature)],
        [true, false],
      );
    }
    same(signatures.size, 20);
  });
  test("octokit: what is missing is an error", async () => {
    const calls = [sign(), sign(secret), sign(secret, ""), sign("", payload), verify()];
    calls.push(verify(secret), verify(secret, payload), verify(secret, payload, ""));
    calls.push(verify(secret, "", signature), verify(secret, payload, 5));
    for (const other of [5, { secret }, Symbol("secret"), [secret]]) {
      await rejectsCode(postseal, "invalid_secret", sign(other, payload));
      await rejectsCode(postseal, "invalid_secret", verify(other, payload, signature));
    }
    for (const call of calls) await rejectsCode(postseal, "invalid_config", call);
    await rejectsCode(postseal, "body_not_bytes", sign(secret, { a: 1 }));
    await rejectsCode(postseal, "body_not_bytes", verify(secret, { a: 1 }, signature));
  });
  test("octokit: no clock is needed", async () => {
    await whileHost({ now: 0 }, async () => {
      same(await verify(secret, payload, await sign(secret, payload)), true);
    });
  });
}

function redactionTests({ standardwebhooks: { Webhook }, util, test }) {
  test("standardwebhooks: a webhook shows no secret", () => {
    const webhook = new Webhook(SECRET);
    const forms = [String(webhook), JSON.stringify(webhook), JSON.stringify({ ...webhook })];
    if (INSPECT in webhook) forms.push(webhook[INSPECT]());
    if (util !== undefined) forms.push(util.inspect(webhook, { depth: 9, showHidden: true }));
    for (const form of forms) ok(!form.includes(SECRET.slice(6)), "no secret");
  });
}
