// Next: a real build of the app in `next/` by each of its bundlers, served, and the suite run in a
// route of its Node and of its Edge runtime.
import { spawn } from "node:child_process";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { copyProgram, copySuite, here } from "../consumer.mjs";
import { spawned } from "../report.mjs";

const app = join(here, "next");
const program = join(app, "node_modules/next/dist/bin/next");
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", CI: "true" };
const BUNDLERS = ["turbopack", "webpack"];
const ROUTES = { node: "node", edge: "api/edge" };
/** Next lets nothing into its Edge runtime that can compile WebAssembly. */
const NOT_ON_EDGE = ["postseal/slim"];
const SECONDS_MAX = 60;

export async function next({ folder, report }) {
  copySuite(join(app, "generated"));
  // npm would ask its registry for Next again: what it has installed beside is taken instead.
  const packages = [folder, app].map((project) => join(project, "node_modules/postseal"));
  rmSync(packages[1], { recursive: true, force: true });
  cpSync(...packages, { recursive: true });
  await copyProgram(join(app, "generated/program"), app, NOT_ON_EDGE);
  for (const bundler of BUNDLERS) {
    rmSync(join(app, ".next"), { recursive: true, force: true });
    const built = await spawned(process.execPath, [program, "build", `--${bundler}`], {
      cwd: app,
      env,
    });
    const results = built.ok ? await served() : {};
    // Where the Edge bundle has the bytes instead, Vercel refuses to compile them.
    const compiled = built.ok && moduleIn(join(app, ".next/server"));
    report.check(`next, ${bundler}, a module compiled at build time`, compiled, built.text);
    for (const route of Object.keys(ROUTES)) {
      report.ended(`next, ${bundler}, ${route}`, results[route] ?? built);
    }
  }
}

function moduleIn(folder) {
  return readdirSync(folder, { recursive: true }).some((path) => path.endsWith(".wasm"));
}

/** What each route of the built app answers. */
async function served() {
  const port = await freePort();
  const args = [program, "start", "--hostname", "127.0.0.1", "--port", String(port)];
  const server = spawn(process.execPath, args, {
    cwd: app,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const ready = new Promise((resolve) => {
    const read = (chunk) => {
      text += chunk;
      if (text.includes("Ready")) resolve();
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
    server.on("close", resolve);
    setTimeout(resolve, SECONDS_MAX * 1000).unref();
  });
  await ready;
  const results = {};
  for (const [route, path] of Object.entries(ROUTES)) {
    const answer = await fetched(`http://127.0.0.1:${port}/${path}`);
    results[route] = answer.ok ? answer : { ok: false, text: `${answer.text}\n${text}` };
  }
  server.kill();
  return results;
}

async function fetched(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(SECONDS_MAX * 1000) });
    return { ok: response.ok, text: await response.text() };
  } catch (error) {
    return { ok: false, text: String(error) };
  }
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
