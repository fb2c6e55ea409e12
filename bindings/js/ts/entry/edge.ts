// The entry for Next's and Vercel's Edge runtime, which takes a module compiled at build time: its
// bundlers do so where they see `?module`.
import module from "./core.wasm?module";
import * as root from "../index.js";
import { provide } from "../module.js";

const load = () => module;

export * from "../index.js";
export const claim = /* @__PURE__ */ provide(load, root.claim);
export const generateEncryptionKey = /* @__PURE__ */ provide(load, root.generateEncryptionKey);
export const generateSecret = /* @__PURE__ */ provide(load, root.generateSecret);
export const nextAttempt = /* @__PURE__ */ provide(load, root.nextAttempt);
export const Receiver = /* @__PURE__ */ provide(load, root.Receiver);
export const Sender = /* @__PURE__ */ provide(load, root.Sender);
