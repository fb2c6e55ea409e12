// Times contestants against each other: each round takes every one in turn, so that all share the
// machine's moods.

const ROUNDS = 15;
const ROUND_MS = 20;
const WARM_UP_CALLS = 200;

/** The median nanoseconds of one call of each, by name. What answers with a promise is awaited. */
export async function compare(contestants) {
  const entries = Object.entries(contestants);
  const calls = new Map();
  for (const [name, run] of entries) {
    await timed(run, WARM_UP_CALLS);
    calls.set(name, Math.max(1, Math.round((ROUND_MS * 1e6) / (await timed(run, 20)))));
  }
  const rounds = new Map(entries.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of entries) rounds.get(name).push(await timed(run, calls.get(name)));
  }
  return Object.fromEntries(entries.map(([name]) => [name, median(rounds.get(name))]));
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

async function timed(run, calls) {
  const began = process.hrtime.bigint();
  for (let call = 0; call < calls; call += 1) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return Number(process.hrtime.bigint() - began) / calls;
}
