// Contestants that verify a request, write it down, and answer when that is on the disk.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { allAccepted, gateway, SILENT_SECONDS, SILENT_URL } from "./gateway.mjs";
import { postgres } from "./postgres.mjs";
import { SECRET } from "./secret.mjs";
import { hyper, served } from "./verify.mjs";

/** The gateway that the goals are about. */
export const GATEWAY = "postseal serve, SQLite";
export const GATEWAY_POSTGRES = "postseal serve, PostgreSQL";
const STORE = 'store = "sqlite:postseal.db"';

export function acceptors({ program, native, qhook }) {
  const check = allAccepted;
  return [
    { name: GATEWAY, start: () => gateway(program, { top: STORE }), check },
    {
      name: "the same, log on",
      start: () => gateway(program, { top: STORE, log: "info" }),
      check,
    },
    { name: GATEWAY_POSTGRES, start: () => overPostgres(program), check },
    {
      name: "hyper, one transaction each",
      start: () => served(hyper(native, "transactions", "inbox.db")),
    },
    { name: "qhook 0.6.1, SQLite", start: () => served(asQhook(qhook)) },
  ];
}

/** The same over a PostgreSQL on this machine, which is a third to share its cores. */
async function overPostgres(program) {
  const server = await postgres();
  return gateway(program, { top: `store = "${server.database}"`, server });
}

/** The nearest peer. Its events go to the same silent application as ours, one at a time. */
function asQhook(program) {
  return async (server, port) => {
    const config = join(server.folder, "qhook.yaml");
    writeFileSync(config, qhookConfiguration(port));
    const env = { ...process.env, RUST_LOG: "warn" };
    await server.start(program, ["start", "--config", config], port, { env });
    server.url = `http://127.0.0.1:${port}/webhooks/orders`;
  };
}

function qhookConfiguration(port) {
  return `database: { driver: sqlite }
server: { port: ${port}, allow_private_urls: true }
delivery: { timeout: ${SILENT_SECONDS}s }
worker: { max_concurrency: 1 }
sources:
  orders: { type: webhook, verify: standard-webhooks, secret: ${SECRET} }
handlers:
  application: { source: orders, url: "${SILENT_URL}" }
`;
}
