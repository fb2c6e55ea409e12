// A server for a test: a process of its own in a folder of its own, on a free port of loopback.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ATTEMPTS_MAX = 300;

export function temporaryFolder(name) {
  return mkdtempSync(join(tmpdir(), `postseal-${name}-`));
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Whether a program can be started at all. */
export function isThere(program, ...args) {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Starts a server, waits until `probe` no longer throws, and answers with how it is stopped. */
export async function started(program, args, { folder, probe, ...options }) {
  const stdio = ["ignore", "pipe", "pipe"];
  const child = spawn(program, args, { cwd: folder, stdio, ...options });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  const ended = once(child, "close");
  const stop = async () => {
    child.kill("SIGINT");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let left = ATTEMPTS_MAX; left > 0; left -= 1) {
    try {
      await probe();
      return stop;
    } catch {
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await stop();
  throw new Error(`${program} does not answer:\n${text}`);
}
