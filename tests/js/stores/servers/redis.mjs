// redis-server, with nothing on disk.
import { Redis } from "ioredis";
import { freePort, isThere, started, temporaryFolder } from "./process.mjs";

export const MISSING_REDIS = "redis-server is not there: Debian's package redis-server has it";

/**
 * The server: its address, addresses of databases that nobody has used, and how it is stopped.
 * Undefined where there is no redis-server.
 */
export async function redisServer() {
  if (!isThere("redis-server", "--version")) return undefined;
  const port = await freePort();
  const folder = temporaryFolder("redis");
  const words = `--port ${port} --bind 127.0.0.1 --appendonly no --dir ${folder} --save`;
  const url = `redis://127.0.0.1:${port}`;
  const stop = await started("redis-server", [...words.split(" "), ""], {
    folder,
    probe: () => pinged(url),
  });
  let databases = 0;
  return { url, place: async () => `${url}/${(databases += 1)}`, stop };
}

async function pinged(url) {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}
