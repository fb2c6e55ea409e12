// Runs the Worker in workerd, as miniflare configures it, and asks it for the tests of one kind:
// node cloudflare_run.mjs <kind>
import { notOnce } from "./many.js";
import { same, Suite } from "./suite/harness.js";
import { bundledWorker, SQLITE } from "./worker_bundle.mjs";

/** Who claims every id so often, 40 times in all. */
const REQUESTS = 4;
const [IDS, TURNS] = [300, 10];

const [kind] = process.argv.slice(2);
const worker = await started();
let [passed, failed] = [0, 0];
add(await ask({ call: "contract", kind }));
add(await ask({ call: "unavailable", kind }));
const suite = new Suite();
suite.test("each delivery is new once", newOnce);
add(await suite.run());
await worker.dispose();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function started() {
  return bundledWorker("cloudflare.js", {
    d1Databases: ["DATABASE", "EMPTY"],
    durableObjects: {
      CLAIMS: SQLITE("PostsealClaims"),
      COUNTED: SQLITE("CountedClaims"),
      OLD: "OldClaims",
    },
  });
}

async function ask(input) {
  const url = "https://worker.invalid/";
  const answer = await worker.dispatchFetch(url, { method: "POST", body: JSON.stringify(input) });
  if (!answer.ok) throw new Error(`the Worker answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

function add(counts) {
  passed += counts.passed;
  failed += counts.failed;
  if (counts.text) console.log(counts.text);
}

/** Each asks again and again, so that no request is a long one. */
async function newOnce() {
  const input = { call: "many", kind, ids: IDS, turns: 1 };
  const counts = [];
  const work = async () => {
    for (let turn = 0; turn < TURNS; turn += 1) counts.push(await ask(input));
  };
  await Promise.all(Array.from({ length: REQUESTS }, work));
  same(counts.length, REQUESTS * TURNS, "requests");
  same(notOnce(counts, input), undefined, "outcomes");
}
