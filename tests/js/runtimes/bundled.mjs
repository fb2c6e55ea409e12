// One file of everything, minified, as it is deployed to a function or a page: what a bundler may
// leave out must not be missed.
import { join } from "node:path";
import { build } from "esbuild";

const FORMATS = { esm: "mjs", cjs: "cjs" };

export async function bundled({ folder, report }) {
  for (const [format, extension] of Object.entries(FORMATS)) {
    const outfile = join(folder, `bundled.${extension}`);
    await build({
      entryPoints: [join(folder, format === "esm" ? "web.mjs" : "web.cjs")],
      outfile,
      bundle: true,
      minify: true,
      format,
      platform: format === "esm" ? "browser" : "node",
      logLevel: "error",
    });
    await report.counted(`bundled, ${format}`, process.execPath, [outfile]);
  }
}
