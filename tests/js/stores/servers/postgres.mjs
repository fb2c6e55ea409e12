// A postgres of its own, with a cluster that is made for it.
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { freePort, started, temporaryFolder } from "./process.mjs";

export const MISSING_POSTGRES = "postgres is not there: Debian's package postgresql has it";
/** Where Debian has its versions. */
const VERSIONS = "/usr/lib/postgresql";

/**
 * The server: its address, addresses of databases that nobody has used, and how it is stopped.
 * Undefined where there is no postgres.
 */
export async function postgresServer() {
  const bin = binaries();
  if (bin === undefined) return undefined;
  const port = await freePort();
  const folder = temporaryFolder("postgres");
  const user = unprivileged(folder);
  const cluster = join(folder, "cluster");
  const initdb = [`--pgdata=${cluster}`, "--username=postgres", "--auth=trust", "--no-sync"];
  execFileSync(join(bin, "initdb"), [...initdb, "--encoding=UTF8", "--locale=C"], {
    cwd: folder,
    stdio: "ignore",
    ...user,
  });
  const words = `-D ${cluster} -p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
  const address = `postgres://postgres@127.0.0.1:${port}`;
  const url = `${address}/postgres`;
  const stop = await started(join(bin, "postgres"), words.split(" "), {
    folder,
    probe: () => asked(url, "SELECT 1"),
    ...user,
  });
  let databases = 0;
  const place = async () => {
    const name = `place_${(databases += 1)}`;
    await asked(url, `CREATE DATABASE ${name}`);
    return `${address}/${name}`;
  };
  return { url, place, stop };
}

function binaries() {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const newest = versions.sort((one, other) => Number(one) - Number(other)).at(-1);
  const folder = newest === undefined ? undefined : join(VERSIONS, newest, "bin");
  return folder !== undefined && existsSync(join(folder, "initdb")) ? folder : undefined;
}

/** postgres refuses to run as root: then Debian's user runs it. */
function unprivileged(folder) {
  if (process.getuid() !== 0) return {};
  const [uid, gid] = ["-u", "-g"].map((kind) => Number(execFileSync("id", [kind, "postgres"])));
  chownSync(folder, uid, gid);
  return { uid, gid };
}

async function asked(url, text) {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end();
  }
}
