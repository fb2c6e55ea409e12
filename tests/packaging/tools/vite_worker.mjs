// A Worker built with Cloudflare's plugin for Vite, in workerd; and in the plugin's own server.
import { join } from "node:path";
import { fetched, run, served } from "../command.mjs";
import { answerOf } from "../workerd.mjs";

export async function viteWorker({ folder, report }) {
  const project = join(folder, "vite_worker");
  const built = await run(project, "vite", "build");
  const bundle = () => answerOf(join(project, "dist/webhooks"), "index.js", "2026-10-01");
  report.ended("vite build with Cloudflare's plugin", built.ok ? await bundle() : built);
  const address = ["--host", "127.0.0.1", "--port", "0"];
  const dev = await served(project, fetched, "vite", "dev", ...address);
  report.ended("vite dev with Cloudflare's plugin", dev);
}
