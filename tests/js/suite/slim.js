// The entry `postseal/slim`: what `init` takes, what it refuses, and what happens without it.
import { ok, rejectsCode, same, Suite, throwsCode } from "./harness.js";
import { NOW, plain, SECRET } from "./known.js";

/**
 * Runs before anything has loaded the module. `copy` loads the entry anew, `core` is the module's
 * bytes, `url` an address of them, `beside` the code where they cannot be fetched from beside the
 * entry, and `other` the root.
 */
export async function runSlim({ slim, copy, core, url, beside, other }) {
  const suite = new Suite();
  const { test } = suite;
  const fails = async (code, source) => rejectsCode(slim, code, (await copy()).init(source?.()));

  test("slim: the same names as the root, and init", () => {
    same(Object.keys(slim).sort(), [...Object.keys(other), "init"].sort());
  });
  test("slim: before init", () => {
    const { message } = throwsCode(slim, "invalid_config", () => receiver(slim));
    ok(message.includes("await init()"), `what to do, not: ${message}`);
    throwsCode(slim, "invalid_config", () => slim.generateSecret());
  });
  for (const [name, code, source] of refused(core, url)) {
    test(`slim: init with ${name}`, async () => {
      await fails(code, source);
      throwsCode(slim, "invalid_config", () => receiver(slim));
    });
  }
  test("slim: init without a source", async () => {
    if (beside === undefined) await (await copy()).init();
    else await fails(beside);
  });
  test("slim: init again after a failure", async () => {
    await rejectsCode(slim, "module_failed", slim.init(Promise.reject(new Error("offline"))));
    const pending = slim.init(core);
    ok(slim.init("nowhere") === pending, "one load for all calls");
    await pending;
    await slim.init("nowhere");
    opens(slim);
  });
  for (const [name, source] of taken(core, url)) {
    test(`slim: init with ${name}`, async () => {
      const loaded = await copy();
      await loaded.init(source());
      opens(loaded);
    });
  }
  return suite.run();
}

function refused(core, url) {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  return [
    ["null", "invalid_config", () => null],
    ["an object", "invalid_config", () => ({ module: core })],
    ["no bytes", "invalid_config", () => new Uint8Array(0)],
    ["a page", "invalid_config", () => new Response("<!doctype html>")],
    ["bytes of another module", "invalid_config", () => empty],
    ["another module", "invalid_config", () => new WebAssembly.Module(empty)],
    ["half of the bytes", "unsupported_runtime", () => core.subarray(0, core.length / 2)],
    ["an answer that is none", "module_failed", () => new Response("", { status: 404 })],
    ["a promise that fails", "module_failed", () => Promise.reject(new Error("offline"))],
    ["an address of nothing", "module_failed", () => `${url}.nothing`],
    ["no address", "module_failed", () => "http://["],
  ];
}

function taken(core, url) {
  const shifted = new Uint8Array(core.length + 1);
  shifted.set(core, 1);
  return [
    ["a module", () => new WebAssembly.Module(core)],
    ["bytes", () => core],
    ["bytes within others", () => shifted.subarray(1)],
    ["a buffer", () => shifted.slice(1).buffer],
    ["a response", () => new Response(core)],
    ["a promise of a response", () => fetch(url)],
    ["an address", () => url],
    ["a URL", () => new URL(url)],
  ];
}

function receiver({ Receiver }) {
  return new Receiver({ secrets: SECRET });
}

function opens(postseal) {
  const { headers, body } = plain(postseal);
  same(receiver(postseal).open(headers, body, { now: NOW }).id, "evt_1");
}
