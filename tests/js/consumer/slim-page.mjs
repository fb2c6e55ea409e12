// `postseal/slim` in a page: `init` with all that it takes, then the suite.
import * as slim from "postseal/slim";
import { runAll } from "./suite/all.js";
import { runSlim } from "./suite/slim.js";
import vectors from "./vectors.js";

const url = new URL("core.wasm", import.meta.resolve("postseal/slim")).href;
const core = new Uint8Array(await (await fetch(url)).arrayBuffer());
let copies = 0;
const copy = () => import(`${import.meta.resolve("postseal/slim")}?${(copies += 1)}`);

const { init, ...other } = slim;
const own = await runSlim({ slim, copy, core, url, other });
// The root is loaded with these: its module would be there before `init`.
const entries = await import("./beside.mjs");
const suite = await runAll({ postseal: slim, ...entries, vectors });
console.log(`${own.passed + suite.passed} passed, ${own.failed + suite.failed} failed`);
