// The entry for Cloudflare Workers, where a module must be compiled before it is deployed.
import module from "./core.wasm";
import { provide } from "../module.js";

provide(() => module);

export * from "../index.js";
