// Chromium without a bundler: under no policy, under one that allows WebAssembly, and under one
// that does not; and with `./slim`.
import { chromium as launcher } from "playwright-core";
import { MISSING, program, withPages } from "../page.mjs";

const SECONDS_MAX = 120;
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

/** Opens a page that ends with its count on the console, or with an error. */
async function ran(page, address) {
  let text = "";
  const ended = new Promise((resolve) => {
    const end = (ok, line) => {
      text += `${line}\n`;
      if (ok !== undefined) resolve(ok);
    };
    page.on("console", (message) => {
      const line = message.text();
      end(/^\d+ passed, \d+ failed$/.test(line) ? true : undefined, line);
    });
    page.on("pageerror", (error) => end(false, String(error)));
    setTimeout(end, SECONDS_MAX * 1000, false, "the page did not end in time").unref();
  });
  await page.goto(address);
  const ok = await ended;
  await page.close();
  return { ok, text };
}
