// The crate itself, without WebAssembly: what the program in `native` prints.
import { execFileSync } from "node:child_process";

/** Rows by the length of the payload. */
export function native(program) {
  const lines = execFileSync(program, { encoding: "utf8" }).trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [length, ns, theirNs] = line.split(" ").map(Number);
      const row = { ours: "open, native", theirs: "ring, HMAC alone", ns, theirNs };
      return [length, { ...row, note: `${Math.round((length / ns) * 1000)} MB/s` }];
    }),
  );
}
