// Cloudflare's plugin for Vitest, which runs tests inside workerd.
import { join } from "node:path";
import { run } from "../command.mjs";

export async function vitest({ folder, report }) {
  const { ok, text } = await run(join(folder, "vitest"), "vitest", "run");
  report.check("vitest in workerd", ok, text);
}
