// A bundle that took Node's conditions to workerd, as OpenNext makes one: the error names the
// remedy.
import { join } from "node:path";
import { build } from "esbuild";
import { answerOf } from "../workerd.mjs";

const COMPATIBILITY_DATES = ["2024-09-01", "2026-10-01"];
const REMEDY = 'serverExternalPackages: ["postseal"]';

export async function openNext({ folder, report }) {
  const project = join(folder, "open_next");
  await build({
    absWorkingDir: project,
    entryPoints: ["src/index.js"],
    outdir: "dist",
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  });
  for (const date of COMPATIBILITY_DATES) {
    const { ok, text } = await answerOf(join(project, "dist"), "index.js", date);
    const { is, code, message } = ok ? JSON.parse(text) : {};
    const told = is && code === "unsupported_runtime" && message.includes(REMEDY);
    report.check(`Node's build in workerd ${date} names the remedy`, told, text);
  }
}
