// One long run of the gateway: whether its log of writes stays short, and its answers soon.
import { statSync } from "node:fs";
import { join } from "node:path";
import { allAccepted, gateway } from "./gateway.mjs";
import { postOnce } from "./load.mjs";

const SECONDS = 20;
const LOOK_MS = 50;

/** `{ rate, p99Ms, walMib }`, the last one at its longest. */
export async function longRun({ program, native }) {
  const server = await gateway(program, { top: 'store = "sqlite:postseal.db"' });
  const wal = join(server.folder, "postseal.db-wal");
  let longest = 0;
  const looking = setInterval(() => (longest = Math.max(longest, size(wal))), LOOK_MS);
  try {
    const result = await postOnce(native, server, SECONDS);
    await allAccepted(server, result.requests);
    return { ...result, walMib: longest / 2 ** 20 };
  } finally {
    clearInterval(looking);
    await server.stop();
  }
}

/** In bytes; 0 while there is no such file. */
function size(file) {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
