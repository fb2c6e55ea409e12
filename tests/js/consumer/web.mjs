// Runs the suite where there is nothing but web standards: Deno, Bun, a page, a bundle.
import * as postseal from "postseal";
import * as stores from "postseal/stores";
import { runAll } from "./suite/all.js";
import vectors from "./vectors.js";

const { passed, failed } = await runAll({ postseal, stores, vectors });
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) throw new Error("the suite failed");
