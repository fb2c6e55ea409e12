// A postgres of its own, which syncs: what it has committed is on the disk.
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { freePort, Server, temporaryFolder } from "./process.mjs";

/** Where Debian has its versions. */
const VERSIONS = "/usr/lib/postgresql";

/** Starts it; `database` is its address. */
export async function postgres() {
  const bin = binaries();
  const server = new Server(temporaryFolder("postgres"));
  try {
    const port = await freePort();
    const user = unprivileged(server.folder);
    const cluster = join(server.folder, "cluster");
    const initdb = [`--pgdata=${cluster}`, "--username=postgres", "--auth=trust"];
    const options = { cwd: server.folder, stdio: "ignore", ...user };
    execFileSync(join(bin, "initdb"), [...initdb, "--encoding=UTF8", "--locale=C"], options);
    const words = ["-D", cluster, "-p", port, "-k", server.folder];
    const set = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=on"];
    await server.start(join(bin, "postgres"), [...words, ...set], port, user);
    server.database = `postgres://postgres@127.0.0.1:${port}/postgres`;
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function binaries() {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const newest = versions.sort((one, other) => Number(one) - Number(other)).at(-1);
  if (newest === undefined) throw new Error("Debian's package postgresql is not there");
  return join(VERSIONS, newest, "bin");
}

/** postgres refuses to run as root: then Debian's user runs it. */
function unprivileged(folder) {
  if (process.getuid() !== 0) return {};
  const [uid, gid] = ["-u", "-g"].map((kind) => Number(execFileSync("id", [kind, "postgres"])));
  chownSync(folder, uid, gid);
  return { uid, gid };
}
