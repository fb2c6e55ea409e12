// Asks a page: opens one without a bundler, hands it standard input, and prints its answer.
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { chromium as launcher } from "playwright-core";
import { withPages } from "../js/page.mjs";

const question = await json(process.stdin);
const folder = fileURLToPath(new URL(".", import.meta.url));
const use = async (browser, address) => {
  const page = await browser.newPage();
  await page.goto(address("cases.mjs"));
  return page.evaluate(async (asked) => (await import("/cases.mjs")).answer(asked), question);
};
console.log(JSON.stringify(await withPages({ launcher, folder, use })));
