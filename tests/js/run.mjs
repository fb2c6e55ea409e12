// Tests a packed npm package: node tests/js/run.mjs <tarball> [word]
//
// Installs the tarball in a folder of its own, and runs the suite there in every runtime that the
// package is for; then publint and are-the-types-wrong. With a word, only those whose name has it.
// Ends with one summed line.
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { install } from "./consumer.mjs";
import { Report } from "./report.mjs";
import { bun } from "./runtimes/bun.mjs";
import { bundled } from "./runtimes/bundled.mjs";
import { chromium } from "./runtimes/chromium.mjs";
import { deno } from "./runtimes/deno.mjs";
import { next } from "./runtimes/next.mjs";
import { node } from "./runtimes/node.mjs";
import { reactNative } from "./runtimes/react_native.mjs";
import { workerd } from "./runtimes/workerd.mjs";
import { types } from "./types.mjs";

const RUNTIMES = { node, bundled, workerd, deno, bun, chromium, next, reactNative, types };

const [path, word = ""] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: node run.mjs <tarball> [word]");
  process.exit(2);
}
const tarball = resolve(path);
const folder = install(tarball);
const report = new Report();
for (const [name, runtime] of Object.entries(RUNTIMES)) {
  if (name.includes(word)) await runtime({ tarball, folder, report });
}
rmSync(folder, { recursive: true, force: true });
console.log(`${report.passed} passed, ${report.failed} failed`);
process.exitCode = report.failed === 0 && report.passed > 0 ? 0 : 1;
