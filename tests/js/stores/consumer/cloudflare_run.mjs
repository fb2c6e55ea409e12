// Runs the Worker in workerd, as miniflare configures it, and asks it for the tests of one kind:
// node cloudflare_run.mjs <kind>
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { notOnce } from "./many.js";
import { same, Suite } from "./suite/harness.js";

/** Who claims every id so often, 40 times in all. */
const REQUESTS = 4;
const [IDS, TURNS] = [300, 10];
const SQLITE = (className) => ({ className, useSQLite: true });

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

async function started() {
  const folder = import.meta.dirname;
  const outdir = join(folder, "cloudflare");
  await build({
    entryPoints: [join(folder, "cloudflare.js")],
    outdir,
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    logLevel: "error",
  });
  const module = (type, name) => ({
    type,
    path: join(outdir, name),
    contents: readFileSync(join(outdir, name)),
  });
  return new Miniflare({
    modules: [module("ESModule", "cloudflare.js"), module("CompiledWasm", "core.wasm")],
    modulesRoot: outdir,
    compatibilityDate: "2026-04-01",
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
