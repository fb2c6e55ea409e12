// Tests the adapters with their frameworks: node tests/js/frameworks/run.mjs <tarball> [word]
//
// Unpacks the tarball beside the frameworks, and runs each program here against it. With a word,
// only those whose name has it. Ends with one summed line.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Report } from "../report.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const NEWEST = join(here, "../node_modules/node-24/bin/node");
const PROGRAMS = {
  adapters: [process.execPath, "adapters.mjs"],
  "adapters, Node 24": [NEWEST, "adapters.mjs"],
  Node: [process.execPath, "node.mjs"],
  "Node 24": [NEWEST, "node.mjs"],
  Lambda: [process.execPath, "lambda.mjs"],
  "hostile clients": [process.execPath, "--expose-gc", "hostile.mjs"],
  canary: [process.execPath, "canary.mjs"],
  "docs/handler.md": [process.execPath, "page.mjs"],
};
const TYPES = join(here, "../node_modules/typescript/lib/tsc.js");

const [path, word = ""] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: node run.mjs <tarball> [word]");
  process.exit(2);
}
// Unpacked, and not installed: npm would ask its registry about the frameworks again.
const unpacked = join(here, "node_modules/postseal");
rmSync(unpacked, { recursive: true, force: true });
mkdirSync(unpacked);
execFileSync("tar", ["-xzf", resolve(path), "-C", unpacked, "--strip-components=1"]);
const report = new Report();
for (const [name, [program, ...args]] of Object.entries(PROGRAMS)) {
  if (name.includes(word)) await report.counted(name, program, args, { cwd: here });
}
if ("types".includes(word)) {
  await report.checked("types", process.execPath, [TYPES, "-p", "."], { cwd: here });
}
console.log(`${report.passed} passed, ${report.failed} failed`);
process.exitCode = report.failed === 0 && report.passed > 0 ? 0 : 1;
