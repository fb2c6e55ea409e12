// A page that Vite has built, and one from its development server, in Chromium.
import { join } from "node:path";
import { run, served } from "../command.mjs";
import { inChromium } from "../page.mjs";

export async function vite({ folder, report }) {
  await inChromium("vite", report, async (pageAt) => {
    const project = join(folder, "vite");
    const built = await run(project, "vite", "build");
    const preview = () => served(project, pageAt, "vite", "preview");
    report.ended("vite build in Chromium", built.ok ? await preview() : built);
    report.ended("vite dev in Chromium", await served(project, pageAt, "vite", "dev"));
  });
}
