// `postseal/slim` in Node as CommonJS: `init` with all that it takes, then the suite.
const { readFileSync } = require("node:fs");
const util = require("node:util");
const slim = require("postseal/slim");
const entries = require("./beside.cjs");

async function main() {
  const { runAll } = await import("./suite/all.js");
  const { runSlim } = await import("./suite/slim.js");
  const { default: vectors } = await import("./vectors.js");
  const core = readFileSync(require.resolve("postseal/core.wasm"));
  const url = `data:application/wasm;base64,${core.toString("base64")}`;
  const other = await import("postseal");
  // CommonJS has no address of its own.
  const beside = "invalid_config";
  const own = await runSlim({ slim, copy, core, url, beside, other });
  const suite = await runAll({ postseal: slim, ...entries, vectors, other, util });
  const failed = own.failed + suite.failed;
  console.log(`${own.passed + suite.passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function copy() {
  const path = require.resolve("postseal/slim");
  delete require.cache[path];
  return require(path);
}

main();
