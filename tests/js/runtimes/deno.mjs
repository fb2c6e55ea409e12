// Deno, with what npm installed.
import { bin } from "../consumer.mjs";

export async function deno({ folder, report }) {
  const flags = [
    "run",
    "--node-modules-dir=manual",
    "--cached-only",
    "--no-prompt",
    "--allow-read",
  ];
  const options = { cwd: folder, env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" } };
  const program = [bin("deno"), ...flags];
  await report.counted("deno", process.execPath, [...program, "web.mjs"], options);
}
