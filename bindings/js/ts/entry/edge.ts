// The entry for Next's and Vercel's Edge runtime, which takes a module compiled at build time: its
// bundlers do so where they see `?module`.
import module from "./core.wasm?module";
import { provide } from "../module.js";

provide(() => module);

export * from "../index.js";
