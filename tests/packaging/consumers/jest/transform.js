// ES modules to CommonJS, as Babel and ts-jest do by default.
const { transformSync } = require("esbuild");

module.exports = {
  process: (source) => transformSync(source, { format: "cjs", target: "node20" }),
};
