// Pages in Chromium, from a server on this machine: no bundler, only an import map.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, extname, join } from "node:path";

export const MISSING =
  "Chromium is not installed: install Debian's package `chromium`, or name the program in CHROMIUM";

const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
FLAGS.push("--disable-background-networking", "--disable-component-update");
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
TYPES[".html"] = "text/html";
const NONCE = "c3VpdGU";
const SECONDS_MAX = 120;

/** The path of Chromium, if there is one. */
export function program() {
  const { CHROMIUM, PATH } = process.env;
  if (CHROMIUM !== undefined) return CHROMIUM;
  return PATH.split(delimiter)
    .map((folder) => join(folder, "chromium"))
    .find(existsSync);
}

/**
 * Runs `use(browser, address)`. `address(script, wasm)` is that of a page with a script of `folder`
 * and, where `wasm` is given, with a strict policy that has it among the sources of scripts.
 * `launcher` is Playwright's for Chromium.
 */
export async function withPages({ launcher, folder, use }) {
  return withBrowser(launcher, (browser) => withFolder(folder, (address) => use(browser, address)));
}

export async function withBrowser(launcher, use) {
  const browser = await launcher.launch({ executablePath: program(), args: FLAGS });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** Serves the pages of a folder while `use(address)` runs. */
export async function withFolder(folder, use) {
  const server = createServer((request, response) => answer(folder, request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const address = (script, wasm) =>
    `${origin}/?${new URLSearchParams({ script, ...(wasm === undefined ? {} : { wasm }) })}`;
  try {
    return await use(address);
  } finally {
    server.close();
  }
}

/** Opens a page that ends with its count on the console, or with an error. */
export async function ran(page, address) {
  let text = "";
  const ended = new Promise((resolve) => {
    const end = (ok, line) => {
      text += `${line}\n`;
      if (ok !== undefined) resolve(ok);
    };
    page.on("console", (message) => {
      const said = message.text();
      end(/^\d+ passed, \d+ failed$/m.test(said) ? true : undefined, said);
    });
    page.on("pageerror", (error) => end(false, String(error)));
    setTimeout(end, SECONDS_MAX * 1000, false, "the page did not end in time").unref();
  });
  await page.goto(address);
  const ok = await ended;
  await page.close();
  return { ok, text };
}

function answer(folder, request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (pathname === "/") return page(folder, searchParams, response);
  const path = join(folder, pathname);
  if (!existsSync(path)) return response.writeHead(404).end();
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type }).end(readFileSync(path));
}

function page(folder, parameters, response) {
  const wasm = parameters.get("wasm");
  const scripts = `script-src 'self' 'nonce-${NONCE}' ${wasm}`;
  const policy = `default-src 'none'; img-src data:; connect-src 'self'; ${scripts}`;
  const headers = { "content-type": "text/html; charset=utf-8" };
  if (wasm !== null) headers["content-security-policy"] = policy;
  response.writeHead(200, headers).end(`<!doctype html>
<link rel="icon" href="data:,">
<script type="importmap" nonce="${NONCE}">${JSON.stringify({ imports: imports(folder) })}</script>
<script type="module" nonce="${NONCE}" src="/${parameters.get("script")}"></script>
`);
}

/** What the package's own manifest says of its entry points, for the one package in the folder. */
function imports(folder) {
  const root = "/node_modules/postseal";
  const { exports } = JSON.parse(readFileSync(join(folder, root, "package.json"), "utf8"));
  const scripts = Object.entries(exports).filter(([, { import: script }]) => script !== undefined);
  return Object.fromEntries(
    scripts.map(([name, { import: script }]) => [
      join("postseal", name),
      join(root, script.default),
    ]),
  );
}
