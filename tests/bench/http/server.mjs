// A server in a process of its own: its address, and how much of the processor it has used.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { PATH } from "./messages.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const { default: workerd } = createRequire(import.meta.url)("workerd");
/** Linux counts a process's time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
const SECONDS_MAX = 10;
const COMPATIBILITY_DATE = "2026-10-01";

export class Server {
  #child;
  #folder;

  constructor(child, port, folder) {
    this.#child = child;
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}${PATH}`;
  }

  /** Seconds of the processor, of all its threads, until now. */
  cpuSeconds() {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    // The fields after the program's name, which may hold spaces: the 12th and 13th are its times.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  stop() {
    this.#child.kill();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A server of `node_server.mjs`. */
export async function nodeServer(name) {
  const child = spawn(process.execPath, [join(here, "node_server.mjs"), name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(Number(line)));
    child.once("close", () => reject(new Error(`${name} does not start`)));
  });
  return new Server(child, port);
}

/** A Worker of the folder `workers`, bundled as wrangler does, in Cloudflare's runtime. */
export async function worker(name) {
  const folder = mkdtempSync(join(tmpdir(), "postseal-bench-"));
  mkdirSync(folder, { recursive: true });
  const { outputFiles } = await build({
    entryPoints: [join(here, `workers/${name}.mjs`)],
    outfile: join(folder, "worker.js"),
    bundle: true,
    minify: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    write: false,
  });
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  const port = await freePort();
  writeFileSync(join(folder, "config.capnp"), config(outputFiles.length > 1, port));
  const child = spawn(workerd, ["serve", join(folder, "config.capnp")], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const server = new Server(child, port, folder);
  await answers(server.url);
  return server;
}

function config(hasModule, port) {
  const wasm = hasModule ? '(name = "core.wasm", wasm = embed "core.wasm"),' : "";
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  compatibilityDate = "${COMPATIBILITY_DATE}",
  modules = [(name = "worker.js", esModule = embed "worker.js"), ${wasm}],
);
`;
}

async function answers(url) {
  for (let tries = 0; tries < SECONDS_MAX * 20; tries += 1) {
    const response = await fetch(url, { method: "POST" }).catch(() => undefined);
    if (response !== undefined) return;
    await sleep(50);
  }
  throw new Error("workerd does not answer");
}

function freePort() {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
