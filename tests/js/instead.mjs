// The drop-in shapes beside the libraries whose shapes they are: node instead.mjs <module of the
// installed package>
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { exampleTests } from "./instead/examples.mjs";
import { lenientTests } from "./instead/lenient.mjs";
import { octokitTests } from "./instead/octokit.mjs";
import { stricterTests } from "./instead/stricter.mjs";
import { stripeTests } from "./instead/stripe.mjs";
import { webhookTests } from "./instead/webhooks.mjs";
import { Suite } from "./suite/harness.js";

const module = pathToFileURL(process.argv[2]).href;
const { postseal, instead } = await import(module);
const folder = dirname(fileURLToPath(module));
const suite = new Suite();
for (const tests of [
  exampleTests,
  webhookTests,
  stripeTests,
  octokitTests,
  stricterTests,
  lenientTests,
]) {
  tests({ postseal, instead, folder, test: suite.test });
}
const { passed, failed } = await suite.run();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
