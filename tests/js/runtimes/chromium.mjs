// Chromium without a bundler: under no policy, under one that allows WebAssembly, and under one
// that does not; and with `./slim`.
import { chromium as launcher } from "playwright-core";
import { MISSING, program, ran, withPages } from "../page.mjs";

const PAGES = {
  "no policy": ["web.mjs"],
  "wasm-unsafe-eval": ["web.mjs", "'wasm-unsafe-eval'"],
  "a policy without it": ["refused.mjs", ""],
  slim: ["slim-page.mjs"],
  "slim, wasm-unsafe-eval": ["slim-page.mjs", "'wasm-unsafe-eval'"],
};

export async function chromium({ folder, report }) {
  if (program() === undefined) return report.missing("chromium", MISSING);
  const use = async (browser, address) => {
    const version = browser.version().split(".")[0];
    for (const [name, page] of Object.entries(PAGES)) {
      const ended = await ran(await browser.newPage(), address(...page));
      report.ended(`chromium ${version}, ${name}`, ended);
    }
  };
  await withPages({ launcher, folder, use });
}
