// Runs the cases of tests/vectors/policy that the package exposes: retries, and claims through a
// scripted store.
import { ok, same, rejectsCode, throwsCode } from "./harness.js";
import { fixed, fromBase64, whileHost, withHost } from "./host.js";

/** What the package does not offer: rate limits, and the gateway's alerts. */
const NOT_OFFERED = ["rate_limit.json", "alert.json"];
const FILES = { "retry.json": retryTests, "claim.json": claimTests };
const MEMBERS = ["name", "operation", "input", "expect", "source"];
const SCHEME = Symbol.for("postseal.Delivery.scheme");
const PAYLOAD = new TextEncoder().encode("{}");
/** How many fields each phase has after it. */
const PHASES = "pending(?::[^:]+){4}$|failed(?::[^:]+){3}$|done(?::[^:]+){2}$";
/**
 * A state text that a claim writes: phase, token, digest, and for `pending` attempt and lease end.
 */
const STATE = new RegExp(
  `^v1:(?=${PHASES})(\\w+):([\\w-]{22}):([\\w-]{22}|-)(?::(\\d+))?(?::(\\d+))?$`,
);

export function policyTests({ postseal, vectors, test }) {
  for (const [file, { about, cases }] of Object.entries(vectors.policy)) {
    if (NOT_OFFERED.includes(file)) continue;
    test(`policy ${file} is a vector file`, () => {
      ok(typeof about === "string" && cases.length > 0, "`about` and cases");
      same(
        cases.flatMap(Object.keys).filter((name) => !MEMBERS.includes(name)),
        [],
        "unknown members",
      );
    });
    FILES[file]({ postseal, cases, test });
  }
}

function retryTests({ postseal, cases, test }) {
  for (const { name, input, expect } of cases) {
    test(`policy ${name}`, () => {
      const { now, entropy, ...attempt } = input;
      const random = fixed(new Uint8Array(new Uint32Array([entropy]).buffer));
      const decide = () => withHost({ now, random }, () => postseal.nextAttempt(attempt));
      if (expect.code !== undefined) throwsCode(postseal, expect.code, decide);
      else if (expect.delayMs !== undefined)
        same(decide(), { retry: true, delaySeconds: expect.delayMs / 1000 });
      else same(decide(), { retry: false, outcome: expect.outcome });
    });
  }
}

function claimTests({ postseal, cases, test }) {
  const operations = {
    subject,
    begin,
    decide,
    done: change,
    failed: change,
    renew: change,
    settle,
  };
  for (const vector of cases) {
    // A text that no claim of this package can hold is for hosts that pass texts themselves.
    if (!reachable(vector)) continue;
    test(`policy ${vector.name}`, () => operations[vector.operation](postseal, vector));
  }
  test("policy claim.json: only texts that no claim writes are out of reach", () => {
    const left = cases.filter((vector) => !reachable(vector)).map(({ name }) => name);
    const known = [
      "decide_wanted_",
      "decide_absent_after_a_later_",
      "done_held_is_",
      "failed_held_is_",
      "renew_held_is_",
      "settle_wanted_",
    ];
    same(
      left.filter((name) => !known.some((start) => name.startsWith(`claim_${start}`))),
      [],
      "cases out of reach",
    );
  });
}

function reachable({ operation, input: { wanted, held } }) {
  if (operation === "decide")
    return STATE.exec(wanted)?.[1] === "pending" && STATE.exec(wanted)[4] === "1";
  if (held !== undefined) return STATE.exec(held)?.[1] === "pending";
  return wanted === undefined || STATE.test(wanted);
}

async function subject(postseal, { input, expect }) {
  const calls = [];
  const claimed = withHost({ now: 1.7e9 }, () =>
    claimFor(postseal, input, scripted([true], calls)),
  );
  if (expect.code !== undefined) return void (await rejectsCode(postseal, expect.code, claimed));
  await claimed;
  const [key, , next] = calls[0];
  same({ key, digest: STATE.exec(next)[3] }, { key: expect.key, digest: expect.digest ?? "-" });
}

async function begin(postseal, { input, expect }) {
  const calls = [];
  const random = fixed(fromBase64(input.token));
  const claimed = withHost({ now: input.now, random }, () =>
    claimFor(postseal, input, scripted([true], calls)),
  );
  if (expect.code !== undefined) return void (await rejectsCode(postseal, expect.code, claimed));
  sameSwap(calls[0], expect);
  same(await claimed.then(({ outcome, attempt }) => [outcome, attempt]), ["new", expect.attempt]);
}

async function decide(postseal, vector) {
  const { input, expect } = await translated(postseal, vector);
  const calls = [];
  const store = scripted([input.current, true], calls);
  const claimed = whileHost({ now: input.now, random: tokenOf(input.wanted) }, () =>
    claimFor(postseal, subjectOf(input.wanted, input), store),
  );
  if (expect.code !== undefined) return void (await rejectsCode(postseal, expect.code, claimed));
  const { decision, expected, next, ttlSeconds, held, ...outcome } = expect;
  const { done, failed, renew, ...claim } = await claimed;
  same(claim, { outcome: decision === "swap" ? "new" : decision, ...outcome });
  if (decision === "swap") sameSwap(calls[1], { expected, next, ttlSeconds });
  if (decision !== "new") return;
  await done();
  same(calls.at(-1)[1], held, "the held text");
}

async function change(postseal, vector) {
  const { operation, input, expect } = await translated(postseal, vector);
  const calls = [];
  await holding(
    postseal,
    { ...input, expect },
    scripted([input.held, true], calls),
    async (claim) => {
      same(await whileHost({ now: input.now ?? 1.7e9 }, () => claim[operation]()), "ok");
      sameSwap(calls.at(-1), expect);
    },
  );
}

async function settle(postseal, vector) {
  const { input, expect } = await translated(postseal, vector);
  const [, phase, token, digest, attempt = "3", leaseEnd = "1700000060"] = STATE.exec(input.wanted);
  const held = `v1:pending:${token}:${digest}:${attempt}:${leaseEnd}`;
  const calls = [];
  const store = scripted([held, input.current, true], calls);
  await holding(postseal, { ...input, held, expect }, store, async (claim) => {
    // Early, so that a renewal leaves the end of the lease where it is.
    const answer = whileHost({ now: 1.6e9 }, () => claim[phase === "pending" ? "renew" : phase]());
    if (expect.code !== undefined) return void (await rejectsCode(postseal, expect.code, answer));
    same(await answer, expect.decision === "swap" ? "ok" : expect.decision);
    same(calls[1][2], input.wanted, "the wanted text");
    if (expect.decision === "swap") sameSwap(calls[2], expect);
  });
}

/** A claim that holds `held`: the store says that this text of its own stands there already. */
async function holding(postseal, { held, expect, ...input }, store, run) {
  const liveAt = Number(STATE.exec(held)[5]) - 1;
  const claimed = whileHost({ now: liveAt, random: tokenOf(held) }, () =>
    claimFor(postseal, subjectOf(held, input), store),
  );
  if (expect.code === "invalid_config")
    return void (await rejectsCode(postseal, expect.code, claimed));
  const claim = await claimed;
  same([claim.outcome, claim.attempt], ["new", Number(STATE.exec(held)[4])]);
  await run(claim);
}

function claimFor(
  postseal,
  { source, scheme, replayKey, payload, leaseSeconds, retainSeconds },
  store,
) {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const delivery = { replayKey, payload: bytes, [SCHEME]: scheme };
  const terms = {
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
    ...(retainSeconds === undefined ? {} : { retainSeconds }),
  };
  return postseal.claim(store, delivery, { source, ...terms });
}

/** github's repeats may differ in payload, so its claims have no digest. */
function subjectOf(text, { leaseSeconds, retainSeconds }) {
  const scheme = STATE.exec(text)[3] === "-" ? "github" : "standard";
  return {
    source: "orders",
    scheme,
    replayKey: "evt_1",
    payload: PAYLOAD,
    leaseSeconds,
    retainSeconds,
  };
}

function tokenOf(text) {
  return fixed(fromBase64(STATE.exec(text)[2].replaceAll("-", "+").replaceAll("_", "/")));
}

/** The digest that a case has made up becomes the one of the payload here, in all its texts. */
async function translated(postseal, vector) {
  const [, , , ours] = STATE.exec(vector.input.wanted ?? vector.input.held);
  if (ours === "-") return vector;
  return JSON.parse(JSON.stringify(vector).replaceAll(ours, await digestOf(postseal)));
}

async function digestOf(postseal) {
  const calls = [];
  const ours = { source: "orders", scheme: "standard", replayKey: "evt_1", payload: PAYLOAD };
  await whileHost({ now: 1.7e9 }, () => claimFor(postseal, ours, scripted([true], calls)));
  return STATE.exec(calls[0][2])[3];
}

/** A store that answers each swap from a list: true, or the text (or null) that stands there. */
function scripted(answers, calls) {
  return {
    async swap(...call) {
      calls.push(call);
      const answer = answers[calls.length - 1];
      if (answer === true || answer === undefined) return { swapped: true, current: call[2] };
      return { swapped: false, current: answer };
    },
  };
}

function sameSwap([, expected, next, ttlSeconds], want) {
  same(
    { expected, next, ttlSeconds },
    { expected: want.expected, next: want.next, ttlSeconds: want.ttlSeconds },
  );
}
