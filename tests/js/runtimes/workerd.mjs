// Cloudflare's runtime at an old and at a new compatibility date, with a bundle as wrangler makes
// it.
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";

const COMPATIBILITY_DATES = ["2024-09-01", "2026-10-01"];
const { default: program } = createRequire(import.meta.url)("workerd");

export async function workerd({ folder, report }) {
  for (const date of COMPATIBILITY_DATES) {
    const worker = join(folder, `worker-${date}`);
    mkdirSync(worker);
    await build({
      entryPoints: [join(folder, "worker.mjs")],
      outfile: join(worker, "worker.js"),
      bundle: true,
      format: "esm",
      conditions: ["workerd", "worker"],
      loader: { ".wasm": "copy" },
      assetNames: "[name]",
      logLevel: "error",
    });
    writeFileSync(join(worker, "config.capnp"), config(date));
    await report.counted(`workerd ${date}`, program, ["test", join(worker, "config.capnp")]);
  }
}

function config(date) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);
const worker :Workerd.Worker = (
  compatibilityDate = "${date}",
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "core.wasm", wasm = embed "core.wasm"),
  ],
);
`;
}
