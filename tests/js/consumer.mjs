// The folder that the packed package is installed in, as a user would, with the suite beside it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

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

/**
 * The program of an application, for tools that are given less than the suite, with two modules:
 * every entry point under its name, and what Node finds in each. So what a tool loads is held
 * against what the package has, and a new entry point needs no edit. `folder` is in the project
 * that the package is installed in; `without` are entry points that a tool does not take.
 */
export async function copyProgram(folder, project, without = []) {
  cpSync(join(here, "../packaging/program"), folder, { recursive: true });
  cpSync(join(here, "suite/harness.js"), join(folder, "harness.js"));
  const names = entryPoints(project).filter((name) => !without.includes(name));
  const imports = names.map((name, index) => `import * as entry${index} from "${name}";\n`);
  const members = names.map((name, index) => `  "${name}": entry${index},\n`);
  const file = join(folder, "entry_points.js");
  writeFileSync(file, `${imports.join("")}\nexport default {\n${members.join("")}};\n`);
  const { default: loaded } = await import(pathToFileURL(file));
  const kinds = Object.entries(loaded).map(([name, namespace]) => [name, kindsOf(namespace)]);
  const text = JSON.stringify(Object.fromEntries(kinds));
  writeFileSync(join(folder, "exported.js"), `export default ${text};\n`);
}

/** The names by which code imports the package that a project has, from its own manifest. */
export function entryPoints(project) {
  const manifest = join(project, "node_modules/postseal/package.json");
  const { exports } = JSON.parse(readFileSync(manifest, "utf8"));
  return Object.entries(exports)
    .filter(([, target]) => target.import !== undefined)
    .map(([path]) => path.replace(".", "postseal"));
}

function kindsOf(namespace) {
  return Object.fromEntries(Object.entries(namespace).map(([key, value]) => [key, typeof value]));
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
