// Measures the gateway, and what people would build or take in its place, in one run.
//
// node bench.mjs <program `postseal`> <program of the folder `native`> <Python with Flask> <qhook>
import { cpus } from "node:os";
import { acceptors } from "./accept.mjs";
import { verdicts } from "./goals.mjs";
import { hasWrk, postOften, postOnce } from "./load.mjs";
import { longRun } from "./long.mjs";
import { idleMemory } from "./memory.mjs";
import { inTurn } from "./rounds.mjs";
import { verifiers } from "./verify.mjs";

const [program, native, python, qhook] = process.argv.slice(2);
if (qhook === undefined) {
  console.error("usage: node bench.mjs POSTSEAL NATIVE_PROGRAM PYTHON QHOOK");
  process.exit(2);
}
if (!hasWrk()) {
  console.error("wrk is not there, which makes the load: Debian's package wrk has it");
  process.exit(1);
}

const programs = { program, native, python, qhook };
const often = (server, seconds) => postOften(native, server, seconds);
const once = (server, seconds) => postOnce(native, server, seconds);
const verified = await inTurn(verifiers(programs), {
  rounds: 5,
  warmUpRequests: 10_000,
  seconds: 2,
  post: often,
});
const accepted = await inTurn(acceptors(programs), {
  rounds: 3,
  warmUpRequests: 1,
  seconds: 3,
  post: once,
});
const long = await longRun(programs);
const memory = await idleMemory(programs);

const [{ model }] = cpus();
console.log(`${model}, ${cpus().length} cores, Node ${process.versions.node}. Medians.`);
console.log("1 KiB, 64 connections. CPU is the server's, of all its processes, for one request.\n");
console.log(table("verify, and keep nothing", verified));
console.log(table("verify, and accept durably", accepted));
const wal = `${long.walMib.toFixed(0)} MiB of write-ahead log at its longest`;
console.log(`Long run: ${long.requests} accepted, p99 ${long.p99Ms.toFixed(1)} ms, ${wal}.\n`);
console.log("| | goal | measured | verdict |\n|---|---|---:|---|");
console.log(verdicts({ verified, accepted, long, memory }).join("\n"));

function table(title, rows) {
  const line = ({ name, rate, p99Ms, cpuMicros }) =>
    `| ${name} | ${Math.round(rate)} | ${p99Ms.toFixed(1)} | ${cpuMicros.toFixed(1)} |`;
  const head = `| ${title} | requests/s | p99, ms | CPU, µs |\n|---|---:|---:|---:|`;
  return `${head}\n${rows.map(line).join("\n")}\n`;
}
