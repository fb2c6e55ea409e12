// Builds the npm package's files: node bindings/js/build.mjs <folder of wasm-bindgen's output>
// [folder to write]
//
// The folder holds postseal_js.js and postseal_js_bg.wasm, as wasm-bindgen writes them for the
// target `web` without a default module path. What is written goes to pkg/npm/dist, or where the
// second argument says.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import binaryen from "binaryen";
import { build } from "esbuild";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

/** What Node 20's and every later engine has. */
const FEATURES = ["MutableGlobals", "SignExt", "NontrappingFPToInt", "BulkMemory", "BulkMemoryOpt"];
FEATURES.push("ReferenceTypes", "CallIndirectOverlong", "Multivalue", "SIMD128");

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "ts");
const bindgen = process.argv[2];
const dist = resolve(process.argv[3] ?? join(here, "../../pkg/npm/dist"));
if (bindgen === undefined) {
  console.error("usage: node build.mjs <folder of wasm-bindgen's output> [folder to write]");
  process.exit(2);
}

const wasm = optimise(readFileSync(join(bindgen, "postseal_js_bg.wasm")));
const provided = {
  "postseal:glue": { contents: await glueFactory(join(bindgen, "postseal_js.js")), loader: "js" },
  "postseal:bytes": { contents: Buffer.from(wasm).toString("base64"), loader: "text" },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, "core.wasm"), wasm);
await script("entry/inline.ts", "inline.js", "esm");
await script("entry/inline.ts", "inline.cjs", "cjs");
await script("entry/workerd.ts", "workerd.js", "esm");
await script("stores/index.ts", "stores.js", "esm");
await script("stores/index.ts", "stores.cjs", "cjs");
await declarations({ index: "index.ts", stores: "stores/index.ts" });

/** wasm-opt: for size where it costs no speed. */
function optimise(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(FEATURES.reduce((all, name) => all | binaryen.Features[name], 0));
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(1);
  module.optimize();
  if (!module.validate()) throw new Error("wasm-opt wrote a module that does not validate");
  return module.emitBinary();
}

/**
 * The glue keeps one instance in module variables; as a function it makes as many as are asked for.
 */
async function glueFactory(path) {
  // `__wbg_init` loads by URL, which no entry point does: what is not named here is left out.
  const exported = readFileSync(path, "utf8").matchAll(/^export (?:class|function) (\w+)/gm);
  const names = ["initSync", ...Array.from(exported, ([, name]) => name)];
  const bundle = await build({
    stdin: {
      contents: `export { ${names} } from ${JSON.stringify(resolve(path))};`,
      resolveDir: here,
    },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "glue",
    target: "es2022",
  });
  return `export default function makeGlue() {\n${bundle.outputFiles[0].text}\nreturn glue;\n}`;
}

async function script(entry, file, format) {
  await build({
    entryPoints: [join(source, entry)],
    outfile: join(dist, file),
    bundle: true,
    format,
    target: "es2022",
    platform: "neutral",
    charset: "utf8",
    legalComments: "none",
    external: ["./core.wasm"],
    plugins: [{ name: "provided", setup: provide }],
  });
}

function provide(esbuild) {
  esbuild.onResolve({ filter: /^postseal:/ }, ({ path }) => ({ path, namespace: "postseal" }));
  esbuild.onLoad({ filter: /.*/, namespace: "postseal" }, ({ path }) => provided[path]);
}

/** One file of types an entry point, the same text for ESM and CommonJS. */
async function declarations(inputs) {
  for (const [name, input] of Object.entries(inputs)) {
    const bundle = await rollup({
      input: join(source, input),
      external: name === "index" ? [] : [/types\.js$/],
      plugins: [dts({ tsconfig: join(here, "tsconfig.json") })],
    });
    const { output } = await bundle.generate({ format: "es" });
    const text = output[0].code;
    writeFileSync(join(dist, `${name}.d.ts`), declaration(name, text, "js"));
    writeFileSync(join(dist, `${name}.d.cts`), declaration(name, text, "cjs"));
  }
}

/**
 * The stores share the root's types. The reference makes `Symbol.dispose` known under `lib:
 * es2022`.
 */
function declaration(name, text, extension) {
  const head = name === "index" ? '/// <reference lib="esnext.disposable" />\n' : "";
  return head + text.replace(/(["'])[./]*types\.js\1/, `"./index.${extension}"`);
}
