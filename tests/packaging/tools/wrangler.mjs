// A Worker as wrangler bundles it for deployment, in workerd; and in wrangler's own server.
import { join } from "node:path";
import { fetched, run, served } from "../command.mjs";
import { answerOf } from "../workerd.mjs";

const DEV = ["dev", "--port", "0", "--inspector-port", "0"];
DEV.push("--show-interactive-dev-session=false");
const DRY_RUN = ["deploy", "--dry-run", "--outdir", "dist"];

export async function wrangler({ folder, report }) {
  const project = join(folder, "wrangler");
  const built = await run(project, "wrangler", ...DRY_RUN);
  const bundle = () => answerOf(join(project, "dist"), "index.js", "2026-10-01");
  report.ended("wrangler deploy", built.ok ? await bundle() : built);
  report.ended("wrangler dev", await served(project, fetched, "wrangler", ...DEV));
}
