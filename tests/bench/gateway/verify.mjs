// Contestants that verify a request, and keep nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, Server, temporaryFolder } from "./process.mjs";
import { PATH, SECRET } from "./secret.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const env = { ...process.env, WEBHOOK_SECRET: SECRET };

export function verifiers({ native, python }) {
  return [
    { name: "hyper, HMAC by hand", start: () => served(hyper(native, "bare")) },
    { name: "hyper, postseal", start: () => served(hyper(native, "core")) },
    { name: "nginx, njs", start: () => served(nginx) },
    { name: "Node, standardwebhooks", start: () => served(node(1)) },
    { name: "Node, cluster of two", start: () => served(node(2)) },
    { name: "Flask, gunicorn, Redis", start: () => served(flask(python)) },
  ];
}

/** A server of one of the kinds below; what has started goes if the rest does not. */
export async function served(begin) {
  const server = new Server(temporaryFolder("server"));
  const port = await freePort();
  server.url = `http://127.0.0.1:${port}${PATH}`;
  try {
    await begin(server, port);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The native program's server, in the mode that `words` say. */
export function hyper(native, ...words) {
  const [mode, ...rest] = words;
  return (server, port) => server.start(native, ["serve", mode, port, ...rest], port);
}

async function nginx(server, port) {
  const words = { FOLDER: server.folder, PORT: port, HERE: join(here, "nginx") };
  const text = readFileSync(join(here, "nginx/nginx.conf"), "utf8");
  // The first line, which is a comment, names the words as well.
  const config = text.replaceAll(/FOLDER|PORT|HERE/g, (word) => words[word]);
  writeFileSync(join(server.folder, "nginx.conf"), config);
  const args = ["-p", server.folder, "-c", join(server.folder, "nginx.conf")];
  await server.start("nginx", args, port, { env });
}

function node(processes) {
  const args = (port) => [join(here, "node/server.mjs"), port, processes];
  return (server, port) => server.start(process.execPath, args(port), port, { env });
}

function flask(python) {
  return async (server, port) => {
    const redis = await freePort();
    const quiet = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"];
    await server.start("redis-server", ["--port", redis, ...quiet], redis);
    const gunicorn = join(dirname(python), "gunicorn");
    // Threads keep connections alive, which gunicorn's plain workers do not.
    const words = ["--workers", 2, "--worker-class", "gthread", "--threads", 4];
    const args = [...words, "--keep-alive", 60, "--bind", `127.0.0.1:${port}`, "app:app"];
    const options = { env: { ...env, REDIS_PORT: redis, PYTHONPATH: join(here, "flask") } };
    await server.start(gunicorn, args, port, options);
  };
}
