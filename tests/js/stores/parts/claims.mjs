// Claims by several processes over one store: each delivery is new once, whatever else happens.
import { join } from "node:path";
import { notOnce } from "../consumer/many.js";
import { same } from "../../suite/harness.js";
import { Child } from "./children.mjs";
import { tests } from "./counted.mjs";

const PROCESSES = 4;
const IDS = 300;
/** By each process: 40 of each id in all. */
const TURNS = 10;

export async function claims({ kinds, folder, report }) {
  for (const { kind, place, execPath, isOlder } of kinds) {
    // Memory is of one process.
    if (kind === "memory" || isOlder) continue;
    const args = [kind, await place()];
    const claimant = () => Child.start(join(folder, "worker.mjs"), args, { execPath });
    await (await claimant()).end();
    await tests(report, `claims of ${PROCESSES} processes, ${kind}`, {
      "each delivery is new once": () => newOnce(claimant),
      "after a crash another takes over": () => crash(claimant),
      "who is late has lost": () => late(claimant),
    });
  }
}

async function newOnce(claimant) {
  const children = await Promise.all(Array.from({ length: PROCESSES }, claimant));
  const input = { ids: IDS, turns: TURNS };
  const counts = await Promise.all(children.map((child) => child.call("many", input)));
  await Promise.all(children.map((child) => child.end()));
  same(notOnce(counts, input), undefined, "outcomes");
}

async function crash(claimant) {
  const [first, second] = [await claimant(), await claimant()];
  const id = "evt_crash";
  same(await first.call("claim", { id, leaseSeconds: 2 }), { outcome: "new", attempt: 1 });
  await first.kill();
  same(await second.call("claim", { id }), { outcome: "in_progress" });
  same(await takenOver(second, id), { outcome: "new", attempt: 2 });
  same(await second.call("done", { id }), "ok");
  same(await second.call("claim", { id }), { outcome: "duplicate" });
  await second.end();
}

async function late(claimant) {
  const [first, second] = [await claimant(), await claimant()];
  const id = "evt_late";
  same(await first.call("claim", { id, leaseSeconds: 1 }), { outcome: "new", attempt: 1 });
  same(await takenOver(second, id), { outcome: "new", attempt: 2 });
  const calls = ["renew", "failed", "done"];
  for (const call of calls) same(await first.call(call, { id }), "lost", call);
  same(await second.call("done", { id }), "ok");
  for (const call of calls) same(await first.call(call, { id }), "lost", `${call} afterwards`);
  await Promise.all([first.end(), second.end()]);
}

/** The first claim that is not in progress. */
async function takenOver(child, id) {
  for (;;) {
    const claimed = await child.call("claim", { id });
    if (claimed.outcome !== "in_progress") return claimed;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
