// What a Worker uploads that opens an encrypted webhook: its bundle, minified and gzipped, against
// the same with svix and jose, each alone and both together.
//
// `node bundle.mjs` prints the table alone.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = fileURLToPath(import.meta.url);
const builder = new URL("../../bindings/js/package.json", import.meta.url);
/** The esbuild that builds the package. */
const { build } = createRequire(builder)("esbuild");

const worker = (imports, body) =>
  `${imports}\nexport default { async fetch(request, env) {\n${body}\n} };`;
const IMPORTS = {
  svix: 'import { Webhook } from "svix";',
  jose: 'import { compactDecrypt } from "jose";',
};
const VERIFY = `const body = await request.text();
new Webhook(env.SECRET).verify(body, Object.fromEntries(request.headers));`;
const DECRYPT = `const { plaintext } = await compactDecrypt(body, env.KEY);
return new Response(plaintext);`;

const WORKERS = {
  postseal: worker(
    'import { Receiver } from "postseal";',
    `const receiver = new Receiver({ secrets: env.SECRET, encryptionKeys: env.KEY });
return new Response((await receiver.openRequest(request)).payload);`,
  ),
  svix: worker(IMPORTS.svix, `${VERIFY}\nreturn new Response(body);`),
  jose: worker(IMPORTS.jose, `const body = await request.text();\n${DECRYPT}`),
  "svix and jose": worker(`${IMPORTS.svix}\n${IMPORTS.jose}`, `${VERIFY}\n${DECRYPT}`),
};

/** A row for each other library: bytes of script and WebAssembly together. */
export async function bundles() {
  const sizes = {};
  for (const [name, source] of Object.entries(WORKERS)) sizes[name] = await uploaded(source);
  const { postseal: bytes, ...others } = sizes;
  return Object.entries(others).map(([theirs, theirBytes]) => ({
    size: "Worker",
    ours: "bundle",
    theirs,
    bytes,
    theirBytes,
    ratio: bytes / theirBytes,
  }));
}

/** A table of the rows. */
export function bundleTable(rows) {
  const lines = rows.map(
    ({ bytes, theirs, theirBytes, ratio }) =>
      `| ${bytes} | ${theirs} | ${theirBytes} | ${ratio.toFixed(2)} |`,
  );
  const head = ["| Worker with postseal, bytes | with | theirs, bytes | ratio |"];
  return [...head, "|---:|---|---:|---:|", ...lines].join("\n");
}

/** The bytes of a Worker's modules, each gzipped; a WebAssembly module goes along as a file. */
async function uploaded(source) {
  const wasm = [];
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: dirname(here) },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["workerd", "worker"],
    plugins: [beside(wasm)],
    logLevel: "error",
  });
  const files = [outputFiles[0].contents, ...wasm];
  return files.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0);
}

function beside(wasm) {
  return {
    name: "wasm beside",
    setup(esbuild) {
      esbuild.onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
        wasm.push(readFileSync(`${resolveDir}/${path}`));
        return { path, external: true };
      });
    },
  };
}

if (process.argv[1] === here) console.log(bundleTable(await bundles()));
