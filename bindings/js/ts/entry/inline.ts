// The entry for Node, browsers, Deno and Bun: the module's bytes are in the file, and are compiled
// at first use.
import text from "postseal:bytes";
import * as root from "../index.js";
import { provide } from "../module.js";
import { bytesOf } from "./text.js";

const load = () => new WebAssembly.Module(bytesOf(text));

export * from "../index.js";
export const claim = /* @__PURE__ */ provide(load, root.claim);
export const generateEncryptionKey = /* @__PURE__ */ provide(load, root.generateEncryptionKey);
export const generateSecret = /* @__PURE__ */ provide(load, root.generateSecret);
export const nextAttempt = /* @__PURE__ */ provide(load, root.nextAttempt);
export const Receiver = /* @__PURE__ */ provide(load, root.Receiver);
export const Sender = /* @__PURE__ */ provide(load, root.Sender);
