// A server that goes away while claims are held in it: 503 `store_unavailable`.
import { join } from "node:path";
import { same } from "../../suite/harness.js";
import { Child } from "./children.mjs";
import { SERVERS } from "../kinds.mjs";
import { tests } from "./counted.mjs";

export async function outage({ kinds, folder, report, servers }) {
  for (const name of Object.keys(SERVERS)) {
    const running = servers[name] && (await SERVERS[name].start());
    if (running === undefined) continue;
    const affected = kinds.filter(({ server }) => server === name);
    await stopped({ running, affected, folder, report });
  }
}

async function stopped({ running, affected, folder, report }) {
  const children = [];
  for (const [index, { kind, execPath }] of affected.entries()) {
    const args = [kind, running.url];
    children.push(await Child.start(join(folder, "worker.mjs"), args, { execPath }));
    same((await children[index].call("claim", { id: `held_${index}` })).outcome, "new");
  }
  await running.stop();
  for (const [index, child] of children.entries()) {
    const unavailable = async (call, id) => {
      const error = await child.call(call, { id: `${id}_${index}` }).catch((thrown) => thrown);
      same([error.code, error.status], ["store_unavailable", 503], `${call}: ${error.message}`);
      same(error.cause === "undefined", false, "without a cause");
    };
    await tests(report, `an outage, ${affected[index].kind}`, {
      "a claim is refused": () => unavailable("claim", "other"),
      "a holder is told": () => unavailable("done", "held"),
    });
    await child.kill();
  }
}
