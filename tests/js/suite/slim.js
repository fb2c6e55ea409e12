// The entry `postseal/slim`: what `init` takes, what it refuses, and what happens without it.
import { ok, rejectsCode, same, Suite, throwsCode } from "./harness.js";
import { NOW, plain, SECRET } from "./known.js";

const MODULE = "WebAssembly.Module";

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
    await slim.init(core);
    await slim.init("nowhere");
    opens(slim);
  });
  test("slim: a source that never comes holds up no other", async () => {
    const loaded = await copy();
    const hanging = loaded.init(new Promise(() => {}));
    const failing = loaded.init(new Promise((_, reject) => setTimeout(reject, 50, "offline")));
    await loaded.init(core);
    opens(loaded);
    await failing;
    ok((await Promise.race([hanging, "still waiting"])) === "still waiting", "it was not awaited");
  });
  test("slim: calls with one source share it", async () => {
    const loaded = await copy();
    const response = new Response(core);
    await Promise.all([loaded.init(response), loaded.init(response)]);
    opens(loaded);
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
    ["another version's bytes", "invalid_config", () => another(core)],
    ["another version's module", "invalid_config", () => new WebAssembly.Module(another(core))],
    ["what calls itself a module", "invalid_config", () => ({ [Symbol.toStringTag]: MODULE })],
    ["half of the bytes", "invalid_config", () => core.subarray(0, core.length / 2)],
    ["all bytes but the last", "invalid_config", () => core.subarray(0, -1)],
    ["an answer that is none", "module_failed", () => new Response("", { status: 404 })],
    ["a promise that fails", "module_failed", () => Promise.reject(new Error("offline"))],
    ["an address of nothing", "module_failed", () => `${url}.nothing`],
    ["no address", "module_failed", () => "http://["],
  ];
}

/** A module with the same imports and exports: the last byte is one of its mark. */
function another(core) {
  const changed = Uint8Array.from(core);
  changed[changed.length - 1] ^= 1;
  return changed;
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
