// Bun, with what npm installed.
import { bin } from "../consumer.mjs";

export async function bun({ folder, report }) {
  await report.counted("bun", bin("bun"), ["--no-install", "web.mjs"], { cwd: folder });
}
