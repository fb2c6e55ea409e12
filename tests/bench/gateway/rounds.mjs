// Contestants in turn, each started anew in every round: all share the machine's moods, and none
// has a fuller database than another.

const WARM_UP_SECONDS_MAX = 8;

/**
 * A contestant is `{ name, start, check }`: `start` answers with a server, or throws where this
 * machine has not what it needs. `check` looks afterwards at whether it has done its work.
 *
 * @returns the medians of each that started, with its name; the others are named, with the reason.
 */
export async function inTurn(contestants, { rounds, warmUpRequests, seconds, post }) {
  const taking = new Map(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [contestant, results] of taking) {
      const server = await started(contestant);
      if (server === undefined) {
        taking.delete(contestant);
        continue;
      }
      try {
        const before = await warmedUp(server, warmUpRequests, post);
        const result = await post(server, seconds);
        await contestant.check?.(server, before + result.requests);
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

/** Posts until a compiler at run time has seen enough, and answers how many requests that took. */
async function warmedUp(server, requestsMin, post) {
  let requests = 0;
  for (let second = 0; second < WARM_UP_SECONDS_MAX && requests < requestsMin; second += 1) {
    requests += (await post(server, 1)).requests;
  }
  return requests;
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
