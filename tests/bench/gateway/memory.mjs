// The gateway's memory while clients are connected and say nothing.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gateway } from "./gateway.mjs";
import { Server, temporaryFolder } from "./process.mjs";

const CONNECTIONS = 10_000;
/** Each is a file descriptor of the gateway, and one of the client. */
const FILES_MIN = 10_600;
const SETTLING_MS = 2000;
// The client counts as a trusted proxy, so that one address may hold all connections.
const TOP = `connections_max = 10500
header_timeout_seconds = 3600
trusted_proxies = ["127.0.0.1"]`;

/** `{ plain, tls }` in MiB, or undefined where a process may not open so many files. */
export async function idleMemory({ program, native }) {
  const [, files] = /Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"));
  if (Number(files) < FILES_MIN) {
    console.log(`skipped: idle connections: \`ulimit -n 20000\` first, for it is ${files}\n`);
    return undefined;
  }
  const plain = await measured(program, native, false);
  const tls = await measured(program, native, true);
  return { plain, tls };
}

async function measured(program, native, tls) {
  const server = new Server(temporaryFolder("memory"));
  try {
    execFileSync(native, ["certificate", server.folder]);
    const [certificate, key, ca] = ["server.pem", "server.key", "ca.pem"].map((name) =>
      join(server.folder, name),
    );
    const tables = tls ? `[tls]\ncertificate = "${certificate}"\nkey = "${key}"\n` : "";
    await gateway(program, { top: TOP, tables, server });
    const args = ["connect", `127.0.0.1:${server.port}`, String(CONNECTIONS)];
    return await withClient(native, tls ? [...args, ca] : args, () => server.residentMib());
  } finally {
    await server.stop();
  }
}

/** What `look` finds while the client holds its connections. */
async function withClient(native, args, look) {
  const client = spawn(native, args, { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(client, "close");
  try {
    const said = await Promise.race([once(client.stdout, "data"), closed]);
    if (!String(said[0]).startsWith("ready")) throw new Error("the connections were not made");
    await sleep(SETTLING_MS);
    return look();
  } finally {
    client.stdin.end();
    await closed;
  }
}
