// Loads the package, or first uses it, only once the prototypes are polluted with names that break
// an inheriting property descriptor: node first_use.mjs <ESM or CommonJS>
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { NOW, PAYLOAD, SECRET } from "./known.js";

const NAMES = ["get", "set", "value", "writable", "configurable", "module", "detached", "exports"];
const require = createRequire(import.meta.url);
const polluted = (run) => {
  for (const name of NAMES) {
    const text = { __proto__: null, value: "x", configurable: true, writable: true };
    Object.defineProperty(Object.prototype, name, text);
  }
  try {
    return run();
  } finally {
    for (const name of NAMES) delete Object.prototype[name];
  }
};

/** A minimal CommonJS loader: Node's own reads property descriptors. */
function required(path) {
  const module = { exports: {} };
  const program = readFileSync(path, "utf8");
  return polluted(() => {
    new Function("module", "exports", "require", program)(module, module.exports, require);
    return module.exports;
  });
}

const isCommonJs = process.argv[2] === "CommonJS";
const { Receiver, Sender, WebhookError } = isCommonJs
  ? required(require.resolve("postseal"))
  : await import("postseal");
const opened = polluted(() => {
  const sender = new Sender({ secrets: SECRET });
  const { headers, body } = sender.seal({ id: "evt_1", payload: PAYLOAD }, { now: NOW });
  const receiver = new Receiver({ secrets: SECRET });
  return [receiver.open(headers, body, { now: NOW }).text(), new WebhookError("conflict", "").name];
});
const passed = opened.join() === `${PAYLOAD},WebhookError`;
console.log(passed ? "1 passed, 0 failed" : "0 passed, 1 failed");
process.exitCode = passed ? 0 : 1;
