// The WASI module in wasmtime, beside the crate itself: what the example `bench` of the Rust host
// prints.
import { execFileSync } from "node:child_process";

/** Rows by the length of the payload. */
export function wasmtime(program, module) {
  const rows = new Map();
  const lines = execFileSync(program, [module], { encoding: "utf8" }).trim().split("\n");
  for (const line of lines) {
    const [length, kind, ...times] = line.split(" ");
    const [bytes, ns, theirNs] = [length, ...times].map(Number);
    const note = `${Math.round((bytes / ns) * 1000)} MB/s`;
    const row = { ours: `open, ${kind}, wasmtime`, theirs: "the crate itself", ns, theirNs, note };
    rows.set(bytes, [...(rows.get(bytes) ?? []), row]);
  }
  return rows;
}
