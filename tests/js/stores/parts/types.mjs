// The stores with the types of the clients that they take.
import { createRequire } from "node:module";
import { join } from "node:path";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

export async function types({ folder, report }) {
  for (const name of ["clients", "cloudflare"]) {
    const args = [tsc, "-p", join(folder, `tsconfig.${name}.json`)];
    await report.checked(`types of ${name}`, process.execPath, args, { cwd: folder });
  }
}
