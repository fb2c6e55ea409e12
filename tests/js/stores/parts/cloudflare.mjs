// D1 and Durable Objects, in workerd.
import { join } from "node:path";
import { NODE_24 } from "../kinds.mjs";

const KINDS = ["D1", "Durable Objects", "Durable Objects by id"];

export async function cloudflare({ folder, report }) {
  for (const kind of KINDS) {
    const args = [join(folder, "cloudflare_run.mjs"), kind];
    await report.counted(`contract and claims, ${kind}`, NODE_24, args, { cwd: folder });
  }
}
