// Load from another process: wrk posts one message again and again, and counts.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CONNECTIONS = 16;

/** Whether wrk is there. */
export function hasWrk() {
  return spawnSync("wrk", ["--version"]).error === undefined;
}

/** Posts for some seconds. Answers `{ requests, seconds }`, and fails if anything was refused. */
export async function post(url, { headers, payload }, seconds) {
  const folder = mkdtempSync(join(tmpdir(), "postseal-load-"));
  const script = join(folder, "post.lua");
  writeFileSync(script, lua(headers, payload));
  const args = ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", script, url];
  const text = await printed("wrk", args);
  rmSync(folder, { recursive: true });
  const [, requests, took] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
  if (requests === undefined || /Non-2xx|Socket errors/.test(text)) throw new Error(text);
  return { requests: Number(requests), seconds: Number(took) };
}

function lua(headers, payload) {
  const line = ([name, value]) => `wrk.headers["${name}"] = "${value}"`;
  const lines = Object.entries(headers).map(line);
  return `wrk.method = "POST"\nwrk.body = [[${payload}]]\n${lines.join("\n")}\n`;
}

function printed(program, args) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(text));
  });
}
