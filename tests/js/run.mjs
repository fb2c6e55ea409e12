// Tests a packed npm package: node tests/js/run.mjs <tarball>
//
// Installs the tarball in a folder of its own, and runs there: the suite in Node 20 (the caller's),
// 22 and 24 as ES module and as CommonJS, and in workerd at two compatibility dates; sending;
// interop with other libraries; publint, are-the-types-wrong, and a type check of a consumer. Ends
// with one summed line.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const vectorFolder = join(here, "../vectors");
const modules = join(here, "node_modules");
const COMPATIBILITY_DATES = ["2024-09-01", "2026-10-01"];

if (process.argv[2] === undefined) {
  console.error("usage: node run.mjs <tarball>");
  process.exit(2);
}
const tarball = resolve(process.argv[2]);
const consumer = mkdtempSync(join(tmpdir(), "postseal-consumer-"));
let passed = 0;
let failed = 0;

install();
writeVectors();
const nodes = [
  process.execPath,
  join(modules, "node-22/bin/node"),
  join(modules, "node-24/bin/node"),
];
for (const node of nodes) {
  const version = execFileSync(node, ["--version"]).toString().trim();
  counted(`node ${version} ESM`, node, ["node-esm.mjs"]);
  counted(`node ${version} CommonJS`, node, ["node-cjs.cjs"]);
  counted(`node ${version} send`, node, ["send.mjs"]);
}
for (const date of COMPATIBILITY_DATES) await workerd(date);
counted("interop", nodes[1], [join(here, "interop.mjs"), join(consumer, "installed.mjs")]);
checked("publint", [bin("publint"), "run", tarball, "--strict"]);
// Resolution without `exports` (node10) cannot see `postseal/stores`; Node itself has had `exports`
// since 12.
checked("are-the-types-wrong", [
  bin("@arethetypeswrong/cli", "attw"),
  tarball,
  "--profile",
  "node16",
]);
for (const name of ["nodenext", "bundler"]) {
  checked(`types under ${name}`, [
    bin("typescript", "tsc"),
    "-p",
    join(consumer, `tsconfig.${name}.json`),
  ]);
}
rmSync(consumer, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function install() {
  writeFileSync(join(consumer, "package.json"), '{ "private": true, "type": "module" }\n');
  cpSync(join(here, "consumer"), consumer, { recursive: true });
  cpSync(join(here, "suite"), join(consumer, "suite"), { recursive: true });
  execFileSync("npm", ["install", "--silent", "--offline", "--no-audit", "--no-fund", tarball], {
    cwd: consumer,
  });
}

/** All vector files in one module, since workerd has no file system. */
function writeVectors() {
  const folder = (path) =>
    Object.fromEntries(
      readdirSync(path)
        .filter((name) => name.endsWith(".json"))
        .map((name) => [name, JSON.parse(readFileSync(join(path, name), "utf8"))]),
    );
  const vectors = { cases: folder(vectorFolder), policy: folder(join(vectorFolder, "policy")) };
  writeFileSync(
    join(consumer, "vectors.js"),
    `export default JSON.parse(${JSON.stringify(JSON.stringify(vectors))});\n`,
  );
}

async function workerd(date) {
  const folder = join(consumer, `worker-${date}`);
  mkdirSync(folder);
  await build({
    entryPoints: [join(consumer, "worker.mjs")],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    logLevel: "error",
  });
  writeFileSync(join(folder, "config.capnp"), workerdConfig(date));
  const { default: program } = createRequire(join(here, "package.json"))("workerd");
  counted(`workerd ${date}`, program, ["test", join(folder, "config.capnp")]);
}

function workerdConfig(date) {
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

/**
 * A runner that ends with its own count. One that fails without failures has failed all the same.
 */
function counted(name, program, args) {
  const { status, text } = spawned(program, args);
  const [, ownPassed, ownFailed] =
    [...text.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1) ?? [];
  const broken = ownPassed === undefined || (status !== 0 && ownFailed === "0") ? 1 : 0;
  report(name, Number(ownPassed ?? 0), Number(ownFailed ?? 0) + broken, text);
}

function checked(name, args) {
  const { status, text } = spawned(process.execPath, args);
  report(name, status === 0 ? 1 : 0, status === 0 ? 0 : 1, text);
}

function spawned(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: consumer,
    encoding: "utf8",
    timeout: 300_000,
    maxBuffer: 2 ** 28,
  });
  return { status, text: `${stdout ?? ""}${stderr ?? ""}${error ?? ""}` };
}

function report(name, ownPassed, ownFailed, text) {
  passed += ownPassed;
  failed += ownFailed;
  if (ownFailed > 0) console.log(text.trimEnd());
  console.log(`  ${name}: ${ownPassed} passed, ${ownFailed} failed`);
}

function bin(name, command = name) {
  const manifest = join(modules, name, "package.json");
  const { bin: commands } = JSON.parse(readFileSync(manifest, "utf8"));
  return join(dirname(manifest), typeof commands === "string" ? commands : commands[command]);
}
