// The project that the packed package is installed in, as a user would, with the consumers in it.
//
// It stands in this folder, so that each consumer finds its tool in the `node_modules` beside it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { copyProgram } from "../js/consumer.mjs";

export const here = dirname(fileURLToPath(import.meta.url));

/** Makes the project, and answers with its path. */
export async function install(tarball) {
  const project = join(here, "project");
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  const npm = ["install", "--silent", "--offline", "--no-audit", "--no-fund", tarball];
  execFileSync("npm", npm, { cwd: project });
  const program = join(project, "program");
  await copyProgram(program, project);
  for (const name of readdirSync(join(here, "consumers"))) {
    cpSync(join(here, "consumers", name), join(project, name), { recursive: true });
    cpSync(program, join(project, name, "program"), { recursive: true });
  }
  return project;
}
