// Runs the suite in Node against the installed package, as an ES module.
import { createRequire } from "node:module";
import * as util from "node:util";
import * as postseal from "postseal";
import * as beside from "./beside.mjs";
import { runAll } from "./suite/all.js";
import vectors from "./vectors.js";

const other = createRequire(import.meta.url)("postseal");
const { passed, failed } = await runAll({ postseal, ...beside, vectors, other, util });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
