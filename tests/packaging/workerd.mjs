// A built Worker in workerd: the modules of a folder, served on this machine.
import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { asked, fetched } from "./command.mjs";

const { default: program } = createRequire(import.meta.url)("workerd");
const EXTENSIONS = { ".js": "esModule", ".wasm": "wasm" };

/** What the Worker in a folder answers; its scripts and WebAssembly modules all go with it. */
export function answerOf(folder, main, compatibilityDate) {
  const paths = readdirSync(folder, { recursive: true }).filter((path) => kind(path));
  // The first module is the one that is asked.
  const modules = [main, ...paths.filter((path) => path !== main)];
  const file = join(folder, "config.capnp");
  writeFileSync(file, config(modules, compatibilityDate));
  const args = ["serve", file, "--socket-addr=http=127.0.0.1:0", "--control-fd=3"];
  const stdio = ["ignore", "pipe", "pipe", "pipe"];
  return asked(spawn(program, args, { stdio }), listening, fetched);
}

function listening(text) {
  const port = /"event":"listen".*?"port":(\d+)/.exec(text)?.[1];
  return port === undefined ? undefined : `http://127.0.0.1:${port}/`;
}

function kind(path) {
  return Object.entries(EXTENSIONS).find(([extension]) => path.endsWith(extension))?.[1];
}

function config(modules, compatibilityDate) {
  const embedded = modules.map(
    (path) => `    (name = "${path}", ${kind(path)} = embed "${path}"),\n`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  compatibilityDate = "${compatibilityDate}",
  modules = [
${embedded.join("")}  ],
);
`;
}
