// Builds the npm package's files: node bindings/js/build.mjs <folder of wasm-bindgen's output>
// [folder to write]
//
// The folder holds postseal_js.js and postseal_js_bg.wasm, as wasm-bindgen writes them for the
// target `web` without a default module path. What is written goes to pkg/npm/dist, or where the
// second argument says.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import binaryen from "binaryen";
import { build } from "esbuild";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

/** What Node 20's and every later engine has. */
const FEATURES = ["MutableGlobals", "SignExt", "NontrappingFPToInt", "BulkMemory", "BulkMemoryOpt"];
FEATURES.push("ReferenceTypes", "CallIndirectOverlong", "Multivalue", "SIMD128");

/** The entry points beside the root. None of them holds the module. */
const BESIDE = {
  stores: "stores/index.ts",
  testing: "testing.ts",
  standardwebhooks: "instead/standardwebhooks.ts",
  svix: "instead/svix.ts",
  stripe: "instead/stripe.ts",
  octokit: "instead/octokit.ts",
  node: "frameworks/node.ts",
  fastify: "frameworks/fastify.ts",
  hono: "frameworks/hono.ts",
  lambda: "frameworks/lambda.ts",
};

/** The descriptor of an array's element, as assignment makes it: without a prototype. */
const ELEMENT =
  "{ __proto__: null, value: $3, writable: true, enumerable: true, configurable: true }";
/** Replacements that turn wasm-bindgen's glue into the body of a function. */
const GLUE = [
  // The glue compiles whatever is not an instance of `WebAssembly.Module`. It always gets a module,
  // but one from another realm, as in Next's Edge runtime, is not an instance of this realm's
  // class.
  [/if \(!\(module instanceof WebAssembly\.Module\)\) {[^}]*}/g, ""],
  // Buffers have no `detached` before Node 22, and could inherit one from `Object.prototype`.
  [/(\w+)\.buffer\.detached === true \|\| \1\.buffer\.detached === void 0 && /g, ""],
  // It fills arrays by assignment, which calls an inherited setter instead of adding an element.
  [/(\w+)\[(\w+ >>> 0)\] = (\w+);/g, `Object.defineProperty($1, $2, ${ELEMENT});`],
  [/^export {([^}]*)};$/gm, "return { __proto__: null,$1};"],
];
/** Replacements in esbuild's CommonJS helpers: a descriptor must not inherit `get` or `value`. */
const HELPERS = [[/(__defProp\(.*?, )\{ (get|value):/g, "$1{ __proto__: null, $2:"]];

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "ts");
const bindgen = process.argv[2];
const dist = resolve(process.argv[3] ?? join(here, "../../pkg/npm/dist"));
if (bindgen === undefined) {
  console.error("usage: node build.mjs <folder of wasm-bindgen's output> [folder to write]");
  process.exit(2);
}

const { wasm, fingerprint } = marked(optimise(readFileSync(join(bindgen, "postseal_js_bg.wasm"))));
const identity = { bytes: wasm.length, fingerprint };
const provided = {
  "postseal:identity": { contents: JSON.stringify(identity), loader: "json" },
  "postseal:glue": { contents: await glueFactory(join(bindgen, "postseal_js.js")), loader: "js" },
  "postseal:bytes": { contents: await textOf(wasm), loader: "text" },
};

const provide = {
  name: "provide",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^postseal:/ }, ({ path }) => ({ path, namespace: "postseal" }));
    esbuild.onLoad({ filter: /.*/, namespace: "postseal" }, ({ path }) => provided[path]);
  },
};
/** What stands beside the root uses it as the user's own code does: the one that is loaded. */
const importRoot = {
  name: "import root",
  setup(esbuild) {
    const external = { path: "postseal", external: true };
    esbuild.onResolve({ filter: /^\.{1,2}\/index\.js$/ }, () => external);
  },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, "core.wasm"), wasm);
const root = paths("entry/*.ts", ["inline", "slim", "workerd", "edge"]);
await scripts(root, { format: "esm", shared: "shared" });
await scripts(paths("entry/*.ts", ["inline", "slim"]), { format: "cjs" });
await scripts(paths("entry/*.ts", ["unsupported"]), { format: "esm" });
await scripts(BESIDE, { format: "esm", shared: "beside-[hash]", plugins: [importRoot] });
await scripts(BESIDE, { format: "cjs", plugins: [importRoot] });
await declarations({ index: "index.ts", slim: "entry/slim.ts", ...BESIDE });

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

/** Writes the module's hash into a custom section of it, by which `init` knows this version's. */
function marked(bytes) {
  const fingerprint = createHash("sha256").update(bytes).digest("hex");
  const name = "postseal";
  // No number here is over 127, and so each is one byte of LEB128.
  const section = Buffer.from(`\0\0\0${name}${fingerprint}`);
  section.set([0, section.length - 2, name.length]);
  return { wasm: Buffer.concat([bytes, section]), fingerprint };
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
    format: "esm",
    target: "es2022",
  });
  const glue = replacedIn("wasm-bindgen's glue", bundle.outputFiles[0].text, GLUE);
  return `export default function makeGlue() {\n${glue}\n}`;
}

/** The text with each pattern replaced. Throws if the text lacks one of them. */
function replacedIn(what, text, patterns) {
  return patterns.reduce((changed, [pattern, replacement]) => {
    if (!changed.match(pattern)) throw new Error(`${what} has no ${pattern} any more`);
    return changed.replaceAll(pattern, replacement);
  }, text);
}

/** The text that `ts/entry/text.ts` reads, which is asked whether it reads the same bytes. */
async function textOf(bytes) {
  const { outputFiles } = await build({
    entryPoints: [join(source, "entry/text.ts")],
    write: false,
    format: "esm",
  });
  const { ALPHABET, PREFIXES, bytesOf } = await import(
    `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`
  );
  const frequency = new Uint32Array(256);
  for (const byte of bytes) frequency[byte] += 1;
  const byRank = [...frequency.keys()].sort((one, other) => frequency[other] - frequency[one]);
  const charsOf = [];
  for (const [rank, byte] of byRank.entries()) {
    const prefix = ["", ...PREFIXES][Math.floor(rank / ALPHABET.length)];
    charsOf[byte] = prefix + ALPHABET[rank % ALPHABET.length];
  }
  const head = Buffer.from(byRank).toString("hex");
  const text = head + Array.from(bytes, (byte) => charsOf[byte]).join("");
  if (!Buffer.from(bytes).equals(bytesOf(text))) throw new Error("the text is not the module");
  return text;
}

function paths(pattern, names) {
  return Object.fromEntries(names.map((name) => [name, pattern.replace("*", name)]));
}

/** Bundles entry points; what several ES modules share is in files of its own, there once. */
async function scripts(entries, { format, shared, plugins = [] }) {
  const { outputFiles } = await build({
    entryPoints: Object.entries(entries).map(([out, path]) => ({ in: join(source, path), out })),
    outdir: dist,
    write: false,
    outExtension: { ".js": format === "cjs" ? ".cjs" : ".js" },
    bundle: true,
    format,
    splitting: shared !== undefined,
    chunkNames: shared ?? "",
    // CommonJS has no address of its own.
    define: format === "cjs" ? { "import.meta.url": "undefined" } : {},
    target: "es2022",
    platform: "neutral",
    charset: "utf8",
    legalComments: "none",
    external: ["./core.wasm", "./core.wasm?module"],
    plugins: [provide, ...plugins],
  });
  for (const { path, text } of outputFiles) {
    const name = `esbuild's ${basename(path)}`;
    writeFileSync(path, format === "cjs" ? replacedIn(name, text, HELPERS) : text);
  }
}

/** One file of types an entry point, the same text for ESM and CommonJS. */
async function declarations(inputs) {
  for (const [name, input] of Object.entries(inputs)) {
    const bundle = await rollup({
      input: join(source, input),
      external: name === "index" ? [] : [/(types|index)\.js$/],
      plugins: [dts({ tsconfig: join(here, "tsconfig.json") })],
    });
    const { output } = await bundle.generate({ format: "es" });
    const text = output[0].code;
    writeFileSync(join(dist, `${name}.d.ts`), declaration(name, text, "js"));
    writeFileSync(join(dist, `${name}.d.cts`), declaration(name, text, "cjs"));
  }
}

/**
 * The other entry points share the root's types. The reference makes `Symbol.dispose` known under
 * `lib: es2022`.
 */
function declaration(name, text, extension) {
  const head = name === "index" ? '/// <reference lib="esnext.disposable" />\n' : "";
  return head + text.replace(/(["'])[./]*(types|index)\.js\1/g, `"./index.${extension}"`);
}
