// The folder that the packed package is installed in, as a user would, with the suite beside it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
const vectorFolder = join(here, "../vectors");

/** Makes the folder, and answers with its path. */
export function install(tarball) {
  const folder = mkdtempSync(join(tmpdir(), "postseal-consumer-"));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  cpSync(join(here, "consumer"), folder, { recursive: true });
  copySuite(folder);
  const npm = ["install", "--silent", "--offline", "--no-audit", "--no-fund", tarball];
  execFileSync("npm", npm, { cwd: folder });
  return folder;
}

/** The suite, and all vector files in one module, since not every runtime has a file system. */
export function copySuite(folder) {
  cpSync(join(here, "suite"), join(folder, "suite"), { recursive: true });
  cpSync(join(here, "consumer/beside.mjs"), join(folder, "beside.mjs"));
  const vectors = { cases: read(vectorFolder), policy: read(join(vectorFolder, "policy")) };
  writeFileSync(
    join(folder, "vectors.js"),
    `export default JSON.parse(${JSON.stringify(JSON.stringify(vectors))});\n`,
  );
}

/** The path of a command of one of our npm packages. */
export function bin(name, command = name) {
  const manifest = join(here, "node_modules", name, "package.json");
  const { bin: commands } = JSON.parse(readFileSync(manifest, "utf8"));
  return join(dirname(manifest), typeof commands === "string" ? commands : commands[command]);
}

function read(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return Object.fromEntries(
    names.map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8"))]),
  );
}
