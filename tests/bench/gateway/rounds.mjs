// Contestants in turn, each started anew in every round: all share the machine's moods, and none
// has a fuller database than another.

/**
 * A contestant is `{ name, start, check }`: `start` answers with a server, or throws where this
 * machine has not what it needs. `check` looks afterwards at whether it has done its work.
 *
 * @returns the medians of each that started, with its name; the others are named, with the reason.
 */
export async function inTurn(contestants, { rounds, warmUpSeconds, seconds, post }) {
  const taking = new Map(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [contestant, results] of taking) {
      const server = await started(contestant);
      if (server === undefined) {
        taking.delete(contestant);
        continue;
      }
      try {
        const warm = await post(server, warmUpSeconds);
        const result = await post(server, seconds);
        await contestant.check?.(server, warm.requests + result.requests);
        results.push(result);
      } catch (error) {
        throw new Error(`${contestant.name}: ${error.message}`);
      } finally {
        await server.stop();
      }
    }
  }
  return [...taking].map(([{ name }, results]) => ({ name, ...medians(results) }));
}

async function started({ name, start }) {
  try {
    const server = await start();
    await answers(server.url);
    return server;
  } catch (error) {
    console.log(`skipped: ${name}: ${error.message}\n`);
    return undefined;
  }
}

/** Waits for any answer: some listen before they can give one. */
async function answers(url) {
  const response = await fetch(url, { method: "POST" });
  await response.arrayBuffer();
}

function medians(results) {
  const names = Object.keys(results[0]);
  return Object.fromEntries(
    names.map((name) => {
      const values = results.map((result) => result[name]).toSorted((one, other) => one - other);
      return [name, values[values.length >> 1]];
    }),
  );
}
