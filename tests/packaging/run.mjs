// Tests a packed npm package in bundlers and test runners: node tests/packaging/run.mjs <tarball>
// [word]
//
// Installs the tarball in a project of its own, builds a small consumer of it with each tool, and
// runs what the tool has built. With a word, only the tools whose name has it. Ends with one summed
// line.
import { resolve } from "node:path";
import { Report } from "../js/report.mjs";
import { install } from "./project.mjs";
import { esbuild } from "./tools/esbuild.mjs";
import { jest } from "./tools/jest.mjs";
import { openNext } from "./tools/open_next.mjs";
import { treeShaking } from "./tools/tree_shaking.mjs";
import { typescript } from "./tools/typescript.mjs";
import { vite } from "./tools/vite.mjs";
import { viteWorker } from "./tools/vite_worker.mjs";
import { vitest } from "./tools/vitest.mjs";
import { webpack } from "./tools/webpack.mjs";
import { wrangler } from "./tools/wrangler.mjs";

const TOOLS = { wrangler, viteWorker, vitest, openNext, vite, webpack, esbuild, jest };
Object.assign(TOOLS, { treeShaking, typescript });

const [path, word = ""] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: node run.mjs <tarball> [word]");
  process.exit(2);
}
const folder = await install(resolve(path));
const report = new Report();
for (const [name, tool] of Object.entries(TOOLS)) {
  if (name.includes(word)) await tool({ folder, report });
}
console.log(`${report.passed} passed, ${report.failed} failed`);
process.exitCode = report.failed === 0 && report.passed > 0 ? 0 : 1;
