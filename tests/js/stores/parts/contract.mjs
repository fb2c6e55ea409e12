// The contract of stores, against each of them.
import { join } from "node:path";

export async function contract({ kinds, folder, report }) {
  for (const { kind, place, execPath } of kinds) {
    const args = [join(folder, "contract_run.mjs"), kind, await place()];
    await report.counted(`contract, ${kind}`, execPath, args, { cwd: folder });
  }
}
