// What a bundle takes along: the module with each name that needs it, and with no other.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build as esbuilt } from "esbuild";
import { build as viteBuilt } from "vite";
import { packed } from "./webpack.mjs";

const BUNDLERS = { esbuild, vite, webpack };
/** What works without the module; every other name of the root brings it. */
const WITHOUT = ["WebhookError"];

export async function treeShaking({ folder, report }) {
  const inline = join(folder, "node_modules/postseal/dist/inline.js");
  const [, head] = /"([0-9a-f]{512})/.exec(readFileSync(inline, "utf8"));
  const names = Object.keys(await import(pathToFileURL(inline)));
  const apps = names.map((name) => ["postseal", name, !WITHOUT.includes(name)]);
  apps.push(["postseal/stores", "memoryStore", false]);
  const project = join(folder, "tree_shaking");
  mkdirSync(project);
  for (const [bundler, built] of Object.entries(BUNDLERS)) {
    for (const [entryPoint, name, needed] of apps) {
      const app = join(project, `${name}.js`);
      writeFileSync(app, `import { ${name} } from "${entryPoint}";\nconsole.log(${name});\n`);
      const bundle = await built(app, join(project, bundler, name));
      const right = bundle.includes("console.log") && bundle.includes(head) === needed;
      const what = needed ? "brings the module" : "leaves the module out";
      report.check(`${bundler}: ${name} ${what}`, right, `a bundle of ${bundle.length} characters`);
    }
  }
}

async function esbuild(app) {
  const settings = { bundle: true, minify: true, format: "esm", write: false };
  const { outputFiles } = await esbuilt({ entryPoints: [app], ...settings });
  return outputFiles[0].text;
}

async function vite(app, outDir) {
  const lib = { entry: app, formats: ["es"], fileName: "app" };
  const settings = { configFile: false, logLevel: "error", build: { lib, write: false, outDir } };
  const [{ output }] = await viteBuilt(settings);
  return output[0].code;
}

async function webpack(app, path) {
  const output = { path, filename: "app.js" };
  const { ok, text } = await packed({ mode: "production", performance: false, entry: app, output });
  return ok ? readFileSync(join(path, "app.js"), "utf8") : text;
}
