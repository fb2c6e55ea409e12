// `claim` over a store as it is: the vectors of claims, with the texts that they name put into it
// first, and what a holder meets.
import { ok, same } from "./suite/harness.js";
import { NOW, SECRET } from "./suite/known.js";
import { policyTests } from "./suite/policies.js";

const LONG = 3600;

export function storedClaimTests({ postseal, vectors, store, test }) {
  const counted = { driven: 0 };
  policyTests({
    postseal: {
      ...postseal,
      claim: (scripted, ...rest) => postseal.claim(through(scripted, store, counted), ...rest),
    },
    vectors: { policy: { "claim.json": vectors.policy["claim.json"] } },
    test,
  });
  test("the vectors of claims went through the store", () =>
    ok(counted.driven > 100, `${counted.driven} swaps`));
  holderTests({ postseal, store, test });
}

/** The answers of a scripted store, given by a store that is made to hold what they presuppose. */
function through(scripted, store, counted) {
  return {
    async swap(...call) {
      const [key, expected] = call;
      const told = await scripted.swap(...call);
      // A script may refuse what no store would: it says that another came between. And it may hold
      // a NUL, which no claim writes and Postgres does not take.
      if (!told.swapped && (told.current === expected || told.current?.includes("\0"))) return told;
      await put(store, key, told.swapped ? expected : told.current);
      const answer = await store.swap(...call);
      same(answer, told, "the store's answer");
      counted.driven += 1;
      return answer;
    },
  };
}

async function put(store, key, text) {
  let answer = { swapped: false, current: null };
  while (!answer.swapped) answer = await store.swap(key, answer.current, text, LONG);
}

function holderTests({ postseal, store, test }) {
  const receiver = new postseal.Receiver({ secrets: SECRET });
  const sender = new postseal.Sender({ secrets: SECRET });
  const claimed = (id, seconds, payload = "{}") => {
    const { headers, body } = sender.seal({ id, payload }, { now: NOW });
    const delivery = receiver.open(headers, body, { now: NOW });
    return postseal.claim(store, delivery, { source: "contract", now: NOW + seconds });
  };
  test("claim: new, in progress, duplicate, conflict", async () => {
    const mine = await claimed("evt_1", 0);
    same([mine.outcome, mine.attempt], ["new", 1]);
    same(await claimed("evt_1", 10), { outcome: "in_progress", retryAfterSeconds: 50 });
    same(await claimed("evt_1", 10, "[]"), { outcome: "conflict" });
    same([await mine.renew(), await mine.done()], ["ok", "ok"]);
    same(await claimed("evt_1", 10 ** 5), { outcome: "duplicate" });
  });
  test("claim: after a failure, and after a lease, with the next attempt", async () => {
    const first = await claimed("evt_2", 0);
    same(await first.failed(), "ok");
    const second = await claimed("evt_2", 0);
    const third = await claimed("evt_2", 60);
    same([second.attempt, third.attempt], [2, 3]);
    same([await second.done(), await second.renew(), await third.done()], ["lost", "lost", "ok"]);
  });
}
