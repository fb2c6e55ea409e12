// Load from another process: wrk posts signed requests over 64 connections, and counts.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const CONNECTIONS = 64;
const THREADS = 2;
const SCRIPT = fileURLToPath(new URL("post.lua", import.meta.url));
const VERIFIED_REQUESTS = 50_000;
/** More than any store has accepted here in a second. */
const ACCEPTED_REQUESTS_PER_SECOND = 60_000;

const run = promisify(execFile);
let files = 0;

/** Whether wrk is there. */
export function hasWrk() {
  return spawnSync("wrk", ["--version"]).error === undefined;
}

/** Posts requests that may come again: verifying is the same work every time. */
export function postOften(native, server, seconds) {
  return post(native, server, seconds, VERIFIED_REQUESTS, "often");
}

/** Posts requests that all have ids of their own: each is accepted, and written down. */
export function postOnce(native, server, seconds) {
  return post(native, server, seconds, ACCEPTED_REQUESTS_PER_SECOND * seconds, "once");
}

/**
 * `{ requests, rate, p99Ms, cpuMicros }`: how many were answered, how many in a second, how soon,
 * and the server's time of the processor for each.
 *
 * @throws where anything but a 2xx was answered.
 */
async function post(native, server, seconds, count, often) {
  const file = join(server.folder, "requests");
  // Signed just now, since a receiver takes nothing old.
  execFileSync(native, ["sign", file, String(count), String((files += 1))]);
  const before = server.cpuSeconds();
  const size = [`-t${THREADS}`, `-c${CONNECTIONS}`, `-d${seconds}s`, "--timeout", "10s"];
  const words = [...size, "-s", SCRIPT, server.url];
  const { stdout } = await run("wrk", [...words, "--", file, String(THREADS), often]);
  const used = server.cpuSeconds() - before;
  rmSync(file);
  const { requests, microseconds, p99, refused, broken } = JSON.parse(stdout.split("\n").at(-2));
  if (requests === 0 || refused + broken > 0) throw new Error(stdout);
  return {
    requests,
    rate: requests / (microseconds / 1e6),
    p99Ms: p99 / 1000,
    cpuMicros: (used / requests) * 1e6,
  };
}
