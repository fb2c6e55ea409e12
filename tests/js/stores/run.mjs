// Tests `postseal/stores` of a packed npm package against real servers:
// node tests/js/stores/run.mjs <tarball> [word]
//
// The servers are started here, on loopback, and stopped again. With a word, only those parts whose
// name has it. Ends with one summed line.
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { Report } from "../report.mjs";
import { installed } from "./installed.mjs";
import { kinds, server } from "./kinds.mjs";
import { claims } from "./parts/claims.mjs";
import { cloudflare } from "./parts/cloudflare.mjs";
import { contract } from "./parts/contract.mjs";
import { examplesTests } from "./parts/examples.mjs";
import { limit } from "./parts/limit.mjs";
import { outage } from "./parts/outage.mjs";
import { refusals } from "./parts/refusals.mjs";
import { types } from "./parts/types.mjs";

const PARTS = { types, refusals, contract, claims, outage, limit, cloudflare };
Object.assign(PARTS, { examples: examplesTests });

const [path, word = ""] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: node run.mjs <tarball> [word]");
  process.exit(2);
}
const folder = installed(resolve(path));
const report = new Report();
const servers = {
  redis: await server("redis", "stores in Redis", report),
  postgres: await server("postgres", "stores in Postgres", report),
};
const from = { folder, report, servers, kinds: await kinds(folder, servers, report) };
try {
  for (const [name, part] of Object.entries(PARTS)) {
    if (name.includes(word)) await part(from);
  }
} finally {
  for (const running of Object.values(servers)) await running?.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${report.passed} passed, ${report.failed} failed`);
process.exitCode = report.failed === 0 && report.passed > 0 ? 0 : 1;
