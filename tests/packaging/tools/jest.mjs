// Jest: CommonJS in Node's environment and in jsdom's, and ES modules in Node's.
import { join } from "node:path";
import { spawned } from "../../js/report.mjs";
import { command } from "../command.mjs";

const PROJECTS = { node: "node", jsdom: "jsdom", bare: "jsdom without its setup" };

export async function jest({ folder, report }) {
  for (const [project, name] of Object.entries(PROJECTS)) {
    const { ok, text } = await jestIn(join(folder, "jest"), [], "--selectProjects", project);
    report.check(`jest, ${name}`, ok, text);
  }
  const modules = ["--experimental-vm-modules", "--no-warnings"];
  const { ok, text } = await jestIn(join(folder, "jest_modules"), modules);
  report.check("jest, ES modules", ok, text);
}

function jestIn(cwd, flags, ...args) {
  return spawned(process.execPath, [...flags, command("jest"), ...args], { cwd });
}
