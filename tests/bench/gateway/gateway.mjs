// `postseal serve` with a configuration for measuring.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { PATH, SECRET } from "./secret.mjs";
import { freePort, Server, temporaryFolder } from "./process.mjs";

/**
 * An application that takes connections and never answers. One delivery waits for it at a time, as
 * long as there may be: what is measured is accepting, and the rest stays in the store.
 */
const silent = createServer().listen(0, "127.0.0.1");
await once(silent, "listening");
silent.unref().on("connection", (socket) => socket.unref());
export const SILENT_URL = `http://127.0.0.1:${silent.address().port}/events`;
export const SILENT_SECONDS = 300;

/**
 * Starts it. `top` and `tables` are lines of the configuration, `log` is the level of its log, and
 * `server` is what it is started beside. If it does not start, all of that is stopped.
 */
export async function gateway(program, options = {}) {
  const { top = "", tables = "", log = "warn" } = options;
  const server = options.server ?? new Server(temporaryFolder("gateway"));
  try {
    const [port, admin] = [await freePort(), await freePort()];
    const config = join(server.folder, "postseal.toml");
    writeFileSync(config, configuration(port, admin, top, tables));
    const env = { ...process.env, POSTSEAL_LOG: log };
    await server.start(program, ["serve", "--config", config], port, { env });
    server.url = `http://127.0.0.1:${port}${PATH}`;
    server.port = port;
    server.metrics = `http://127.0.0.1:${admin}/metrics`;
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** That each answer was the acceptance of a new event, and of no repeat. */
export async function allAccepted(server, requests) {
  const text = await (await fetch(server.metrics)).text();
  const [, accepted] = /^postseal_requests_total\{.*outcome="accepted".*\} (\d+)$/m.exec(text);
  if (Number(accepted) < requests) throw new Error(`${accepted} of ${requests} were accepted`);
}

function configuration(port, admin, top, tables) {
  return `listen = "127.0.0.1:${port}"
admin_listen = "127.0.0.1:${admin}"
unsigned_deliveries = true
shutdown_seconds = 1
${top}
${tables}
[[source]]
name = "orders"
path = "${PATH}"
secrets = ["${SECRET}"]
deliver_to = "${SILENT_URL}"
concurrency = 1
timeout_seconds = ${SILENT_SECONDS}
`;
}
