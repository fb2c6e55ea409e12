// A Worker, bundled as wrangler does, in workerd as miniflare configures it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

/** A class of Durable Objects with SQLite. */
export const SQLITE = (className) => ({ className, useSQLite: true });

/** Builds a file of this folder, and starts it with these bindings. */
export async function bundledWorker(file, options) {
  const folder = import.meta.dirname;
  const outdir = join(folder, "cloudflare");
  await build({
    entryPoints: [join(folder, file)],
    outdir,
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    external: ["cloudflare:workers"],
    logLevel: "error",
  });
  const module = (type, name) => ({
    type,
    path: join(outdir, name),
    contents: readFileSync(join(outdir, name)),
  });
  return new Miniflare({
    modules: [module("ESModule", file), module("CompiledWasm", "core.wasm")],
    modulesRoot: outdir,
    compatibilityDate: "2026-04-01",
    ...options,
  });
}
