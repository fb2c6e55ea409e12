// Runs the suite in Node against the installed package, as CommonJS.
const util = require("node:util");
const postseal = require("postseal");
const beside = require("./beside.cjs");

async function main() {
  const { runAll } = await import("./suite/all.js");
  const { default: vectors } = await import("./vectors.js");
  const other = await import("postseal");
  const { passed, failed } = await runAll({ postseal, ...beside, vectors, other, util });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main();
