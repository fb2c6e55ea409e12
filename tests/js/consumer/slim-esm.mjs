// `postseal/slim` in Node as an ES module: `init` with all that it takes, then the suite.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as util from "node:util";
import * as slim from "postseal/slim";
import { runAll } from "./suite/all.js";
import { runSlim } from "./suite/slim.js";
import vectors from "./vectors.js";

const core = readFileSync(new URL(import.meta.resolve("postseal/core.wasm")));
const url = `data:application/wasm;base64,${core.toString("base64")}`;
const other = createRequire(import.meta.url)("postseal");
let copies = 0;
const copy = () => import(`${import.meta.resolve("postseal/slim")}?${(copies += 1)}`);

// Node's fetch reads no files.
const beside = "module_failed";
const own = await runSlim({ slim, copy, core, url, beside, other });
// The root is loaded with these: its module would be there before `init`.
const entries = await import("./beside.mjs");
const suite = await runAll({ postseal: slim, ...entries, vectors, other, util });
const failed = own.failed + suite.failed;
console.log(`${own.passed + suite.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
