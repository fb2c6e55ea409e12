// Many claims of few deliveries at once. For any runtime.

/** Claims that are on the way at once. */
const AT_ONCE = 16;
/** Longer than any run of a test, so that none is taken over. */
const LEASE_SECONDS = 3600;

/**
 * Claims each of the ids so often, in an order of its own, and finishes every other that is new:
 * how often there was each outcome.
 */
export async function manyClaims({ ids, turns, claim }) {
  const order = shuffled(Array.from({ length: ids * turns }, (_, index) => index % ids));
  const outcomes = {};
  const work = async () => {
    for (let index = order.pop(); index !== undefined; index = order.pop()) {
      const claimed = await claim(`many_${index}`, LEASE_SECONDS);
      outcomes[claimed.outcome] = (outcomes[claimed.outcome] ?? 0) + 1;
      if (claimed.outcome === "new" && index % 2 === 0) await claimed.done();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

/** The outcomes of several that have claimed each id so often, if they are wrong. */
export function notOnce(counts, { ids, turns }) {
  const sum = (outcome) => counts.reduce((total, count) => total + (count[outcome] ?? 0), 0);
  const [duplicate, inProgress] = [sum("duplicate"), sum("in_progress")];
  const told = ids + duplicate + inProgress === counts.length * ids * turns;
  const right = sum("new") === ids && told && duplicate > 0 && inProgress > 0;
  return right ? undefined : JSON.stringify(counts);
}

function shuffled(list) {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [list[at], list[other]] = [list[other], list[at]];
  }
  return list;
}
