// webpack: a bundle for Node, run there, and one for a page, in Chromium.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pack from "webpack";
import { withFolder } from "../../js/page.mjs";
import { spawned } from "../../js/report.mjs";
import { inChromium } from "../page.mjs";

export async function webpack({ folder, report }) {
  const project = join(folder, "webpack");
  const { default: config } = await import(pathToFileURL(join(project, "webpack.config.js")));
  const built = await packed(config);
  report.check("webpack without a warning", built.ok, built.text);
  if (!built.ok) return;
  const node = [join(project, "dist/node/main.cjs")];
  report.ended("webpack for Node", await spawned(process.execPath, node));
  await inChromium("webpack for a page", report, async (pageAt) => {
    const page = (address) => pageAt(new URL("/webpack/index.html", address("")).href);
    report.ended("webpack for a page", await withFolder(folder, page));
  });
}

/** Builds, and says what webpack says; a warning is no success. */
export function packed(config) {
  return new Promise((resolve) => {
    pack(config, (error, stats) => {
      if (error) return resolve({ ok: false, text: String(error) });
      const ok = !stats.hasErrors() && !stats.hasWarnings();
      resolve({ ok, text: stats.toString({ colors: false }) });
    });
  });
}
