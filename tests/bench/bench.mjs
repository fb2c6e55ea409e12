// Measures the packed package, and the crate, against other libraries: ratios of one run.
//
// node bench.mjs <program of the folder `native`> <example `bench` of the Rust host> <WASI module>
import { cpus } from "node:os";
import { bundles, bundleTable } from "./bundle.mjs";
import { coldStart } from "./cold_start.mjs";
import { encrypted } from "./encrypted.mjs";
import { verdicts } from "./goals.mjs";
import { http } from "./http.mjs";
import { native } from "./native.mjs";
import { plain } from "./plain.mjs";
import { SIZES, payloadOf } from "./sizes.mjs";
import { wasmtime } from "./wasmtime.mjs";

const [program, host, module] = process.argv.slice(2);
if (module === undefined) {
  console.error("usage: node bench.mjs NATIVE_PROGRAM HOST_PROGRAM MODULE");
  process.exit(2);
}

const rows = [];
const add = (size, row) => rows.push({ size, ...row });
const nativeRows = native(program);
const wasmtimeRows = wasmtime(host, module);
for (const [size, length] of Object.entries(SIZES)) {
  const payload = payloadOf(length);
  for (const row of [...(await plain(payload)), ...(await encrypted(payload))]) add(size, row);
  for (const row of [nativeRows.get(length), ...wasmtimeRows.get(length)]) add(size, row);
}
add("2 B", coldStart());
rows.push(...(await http()));

const [{ model }] = cpus();
console.log(`${model}, ${cpus().length} cores, Node ${process.versions.node}. Medians.`);
console.log("Ratio: our time over theirs. Below 1, postseal is the faster one.\n");
console.log("| payload | postseal | ours, µs | other | theirs, µs | ratio |");
console.log("|---|---|---:|---|---:|---:|");
for (const row of rows) console.log(line(row));
const bundleRows = await bundles();
console.log(`\n${bundleTable(bundleRows)}`);
console.log("\n| payload | postseal | other | goal | ratio | verdict |");
console.log("|---|---|---|---|---:|---|");
console.log(verdicts([...rows, ...bundleRows]).join("\n"));

function line({ size, ours, theirs, ns, theirNs, note }) {
  const name = note === undefined ? ours : `${ours} (${note})`;
  const ratio = (ns / theirNs).toFixed(2);
  return `| ${size} | ${name} | ${micros(ns)} | ${theirs} | ${micros(theirNs)} | ${ratio} |`;
}

function micros(ns) {
  return (ns / 1000).toFixed(ns < 1e5 ? 1 : 0);
}
