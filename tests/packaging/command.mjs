// The tools' commands: each runs on a Node that it takes, and asks nobody on the network.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { here as runtimes } from "../js/consumer.mjs";
import { spawned } from "../js/report.mjs";
import { here } from "./project.mjs";

/** Cloudflare's tools need 22. */
const NODE = join(runtimes, "node_modules/node-24/bin/node");
const SECONDS_MAX = 120;
const QUIET = { CI: "true", NO_COLOR: "1", WRANGLER_SEND_METRICS: "false" };
Object.assign(QUIET, { WRANGLER_HIDE_BANNER: "true", CLOUDFLARE_CF_FETCH_ENABLED: "false" });

/** Runs a tool's command to its end in a folder. */
export function run(folder, tool, ...args) {
  return spawned(NODE, [command(tool), ...args], options(folder));
}

/** Runs a tool's server, and what is to be asked at the address that it prints. */
export function served(folder, ask, tool, ...args) {
  return asked(spawn(NODE, [command(tool), ...args], options(folder)), printedAddress, ask);
}

/** Asks a server that has been started, and ends it. */
export async function asked(server, addressIn, ask) {
  let text = "";
  const address = await new Promise((resolve) => {
    const read = (chunk) => {
      text += chunk;
      const found = addressIn(text);
      if (found !== undefined) resolve(found);
    };
    for (const stream of server.stdio.slice(1)) stream.setEncoding("utf8").on("data", read);
    server.on("error", (error) => read(String(error)));
    server.on("close", () => resolve());
    setTimeout(resolve, SECONDS_MAX * 1000).unref();
  });
  try {
    if (address === undefined) return { ok: false, text: `no server came up\n${text}` };
    const answer = await ask(address);
    return answer.ok ? answer : { ok: false, text: `${answer.text}\n${text}` };
  } finally {
    server.kill();
  }
}

/** What is at an address. */
export async function fetched(address) {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(SECONDS_MAX * 1000) });
    return { ok: response.ok, text: await response.text() };
  } catch (error) {
    return { ok: false, text: String(error) };
  }
}

/** The path of the command of an npm package of this folder, or of another. */
export function command(tool, folder = here) {
  const manifest = join(folder, "node_modules", tool, "package.json");
  const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
  return join(dirname(manifest), typeof bin === "string" ? bin : (bin[tool] ?? bin.tsc));
}

function printedAddress(text) {
  return /http:\/\/(?:localhost|127\.0\.0\.1):\d+/.exec(text)?.[0];
}

function options(cwd) {
  const own = { WRANGLER_LOG_PATH: join(cwd, "logs"), XDG_CONFIG_HOME: join(cwd, "settings") };
  return { cwd, env: { ...process.env, ...QUIET, ...own }, stdio: ["ignore", "pipe", "pipe"] };
}
