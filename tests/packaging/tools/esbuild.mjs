// A function for AWS Lambda as esbuild bundles it: one file of CommonJS, minified.
import { join } from "node:path";
import { build } from "esbuild";
import { spawned } from "../../js/report.mjs";

export async function esbuild({ folder, report }) {
  const project = join(folder, "esbuild");
  const { warnings } = await build({
    absWorkingDir: project,
    entryPoints: ["src/handler.js"],
    outdir: "dist",
    bundle: true,
    minify: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    logLevel: "silent",
  });
  // `slim` asks for its own address, which CommonJS has not, and knows that.
  const unexpected = warnings.filter(({ id }) => id !== "empty-import-meta");
  report.check("esbuild without a warning", unexpected.length === 0, JSON.stringify(unexpected));
  const invoked = await spawned(process.execPath, ["invoke.cjs"], { cwd: project });
  report.ended("esbuild, CommonJS", invoked);
}
