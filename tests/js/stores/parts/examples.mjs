// The two reference services of `examples/`, as they stand there: the one in Node with its real
// servers, the one in workerd as miniflare configures it.
import { cpSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NODE_24 } from "../kinds.mjs";

const examples = join(dirname(fileURLToPath(import.meta.url)), "../../../../examples");

export async function examplesTests({ folder, report, servers: { redis, postgres } }) {
  cpSync(join(examples, "node-service/server.mjs"), join(folder, "server.mjs"));
  cpSync(join(examples, "worker/src/index.js"), join(folder, "worker_example.js"));
  const run = (...args) => [join(folder, "examples_run.mjs"), ...args];
  await report.counted("the reference Worker", NODE_24, run("worker"), { cwd: folder });
  if (redis === undefined || postgres === undefined) return;
  const places = [await postgres.place(), redis.url];
  const args = run("node-service", ...places);
  await report.counted("the reference service in Node", process.execPath, args, { cwd: folder });
}
