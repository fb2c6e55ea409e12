// Pages in Chromium, by the Playwright of `tests/js`.
import { createRequire } from "node:module";
import { join } from "node:path";
import { here as runtimes } from "../js/consumer.mjs";
import { MISSING, program, ran, withBrowser } from "../js/page.mjs";

/** Runs `use(pageAt)`, if Chromium is there; `pageAt(address)` is how the page there has ended. */
export async function inChromium(name, report, use) {
  if (program() === undefined) return report.missing(name, MISSING);
  const { chromium } = createRequire(join(runtimes, "package.json"))("playwright-core");
  const pageAt = (browser) => async (address) => ran(await browser.newPage(), address);
  await withBrowser(chromium, (browser) => use(pageAt(browser)));
}
