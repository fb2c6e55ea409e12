// Runs the contract of stores against one of them: node contract_run.mjs <kind> <address or file>
import * as postseal from "postseal";
import { contractTests } from "./contract.js";
import { OPEN } from "./open.mjs";
import { Suite } from "./suite/harness.js";
import vectors from "./vectors.js";

const [kind, where] = process.argv.slice(2);
const suite = new Suite();
const { store, rows, prepare, close } = await OPEN[kind](where);
await prepare?.();
// The text may be run again, as a migration is.
await prepare?.();
contractTests({ postseal, vectors, store, rows, test: suite.test });
const { passed, failed } = await suite.run();
await close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
