// A server under load: its processes, what they use, and how they end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** On the disk: what lies in /tmp may lie in memory, where a commit costs nothing. */
const FOLDERS = "/var/tmp";
/** Linux counts a process's time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
const START_SECONDS_MAX = 20;
const STOP_SECONDS_MAX = 10;

const running = new Set();
const folders = new Set();
process.on("exit", () => {
  // SIGTERM, on which each ends what it has started itself.
  for (const child of running) child.kill("SIGTERM");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

export function temporaryFolder(name) {
  const folder = mkdtempSync(join(FOLDERS, `postseal-bench-${name}-`));
  folders.add(folder);
  return folder;
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** One or more programs that serve together, in a folder that goes with them. */
export class Server {
  #children = [];

  constructor(folder) {
    this.folder = folder;
  }

  /** Starts a program, and waits until somebody listens at the port. */
  async start(program, args, port, options = {}) {
    const log = join(this.folder, `log-${this.#children.length}`);
    const output = openSync(log, "w");
    const stdio = ["ignore", output, output];
    const child = spawn(program, args.map(String), { cwd: this.folder, ...options, stdio });
    closeSync(output);
    running.add(child);
    this.#children.push(child);
    let ended;
    child.once("error", (error) => (ended = error.message));
    child.once("close", (code) => (ended ??= `it ended with ${code}`));
    for (let tries = 0; tries < START_SECONDS_MAX * 50 && ended === undefined; tries += 1) {
      if (await listens(port)) return;
      await sleep(20);
    }
    const said = readFileSync(log, "utf8").trim();
    throw new Error(`${program} does not start: ${ended}\n${said}`.trim());
  }

  /** The first program's process id. */
  get pid() {
    return this.#children[0].pid;
  }

  /** Seconds of the processor, of all its processes, until now. */
  cpuSeconds() {
    const ticks = this.#processes().map(({ ticks }) => ticks);
    return ticks.reduce((sum, next) => sum + next, 0) / TICKS_PER_SECOND;
  }

  /** Memory that the first program has in use, in MiB. */
  residentMib() {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1024;
  }

  /** Ends the programs, the last one first, and removes the folder. */
  async stop() {
    for (const child of this.#children.toReversed()) {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
        const closed = once(child, "close");
        child.kill("SIGTERM");
        const late = setTimeout(() => this.#kill(), STOP_SECONDS_MAX * 1000);
        await closed;
        clearTimeout(late);
      }
      running.delete(child);
    }
    rmSync(this.folder, { recursive: true, force: true });
    folders.delete(this.folder);
  }

  #kill() {
    for (const { pid } of this.#processes()) process.kill(pid, "SIGKILL");
  }

  /** The programs and what they have started in turn. */
  #processes() {
    const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap(stat);
    const ours = new Set(this.#children.map(({ pid }) => pid));
    // A child may have a lower number than its parent, so they are gone through until none is new.
    for (let known = 0; known < ours.size; ) {
      known = ours.size;
      for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
    }
    return all.filter(({ pid }) => ours.has(pid));
  }
}

/** A process's number, its parent's, and its time; nothing where it has just ended. */
function stat(name) {
  try {
    const text = readFileSync(`/proc/${name}/stat`, "utf8");
    // The fields after the program's name, which may hold spaces.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return [{ pid: Number(name), parent: Number(fields[1]), ticks }];
  } catch {
    return [];
  }
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
