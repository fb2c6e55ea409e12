// Whole endpoints under load: the processor's time for a request, which swings less than the number
// of requests in a second, and that number beside it.
import { hasWrk, post } from "./http/load.mjs";
import { SIGNED } from "./http/messages.mjs";
import { nodeServer, worker } from "./http/server.mjs";
import { median } from "./measure.mjs";
import { payloadOf, SIZES } from "./sizes.mjs";

const ROUNDS = 7;
const ROUND_SECONDS = 1;
const WARM_UP_SECONDS = 2;
const MEASURED = ["1 KiB", "16 KiB"];

const node = (name, scheme) => ({ name, scheme, start: () => nodeServer(name) });
const inWorkerd = (file, name) => ({ name, scheme: "standard", start: () => worker(file) });
/** Ours first, then those that stand against it. */
const GROUPS = [
  [node("postseal/node", "standard"), node("http and standardwebhooks", "standard")],
  [node("postseal/node, stripe", "stripe"), node("http and stripe", "stripe")],
  [node("postseal/node, github", "github"), node("@octokit/webhooks", "github")],
  [
    inWorkerd("postseal", "handler, workerd"),
    inWorkerd("standardwebhooks", "standardwebhooks, workerd"),
    inWorkerd("webcrypto", "WebCrypto by hand, workerd"),
  ],
];

/** Rows with their size; none, and a line that says so, where wrk is not installed. */
export async function http() {
  if (!hasWrk()) {
    console.log("skipped: endpoints under load: wrk is not there (Debian has it in wrk)\n");
    return [];
  }
  const rows = [];
  for (const group of GROUPS) {
    for (const size of MEASURED) rows.push(...(await compared(group, size)));
  }
  return rows;
}

async function compared(group, size) {
  const payload = payloadOf(SIZES[size]);
  const runs = await measured(group, payload);
  const [mine, ...others] = runs;
  return others.map((other) => ({
    size,
    ours: mine.name,
    theirs: other.name,
    ns: mine.ns,
    theirNs: other.ns,
    note: `${mine.rate}/s; theirs ${other.rate}/s`,
  }));
}

/** Each round takes every server in turn, so that all share the machine's moods. */
async function measured(group, payload) {
  const runs = [];
  for (const { name, scheme, start } of group) {
    const message = { headers: SIGNED[scheme](payload), payload };
    runs.push({ name, message, server: await start(), rounds: [] });
  }
  try {
    for (const { server, message } of runs) await post(server.url, message, WARM_UP_SECONDS);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const run of runs) run.rounds.push(await loaded(run));
    }
  } finally {
    for (const { server } of runs) server.stop();
  }
  return runs.map(({ name, rounds }) => ({
    name,
    ns: median(rounds.map((round) => round.ns)),
    rate: Math.round(median(rounds.map((round) => round.rate))),
  }));
}

async function loaded({ server, message }) {
  const before = server.cpuSeconds();
  const { requests, seconds } = await post(server.url, message, ROUND_SECONDS);
  const used = server.cpuSeconds() - before;
  return { ns: (used / requests) * 1e9, rate: requests / seconds };
}
