// Runs the suite with the package as CommonJS, as a bundle of a Node function has it.
const postseal = require("postseal");
const beside = require("./beside.cjs");
const { runAll } = require("./suite/all.js");
const { default: vectors } = require("./vectors.js");

runAll({ postseal, ...beside, vectors }).then(({ passed, failed }) => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
});
