// The entry for Node, browsers, Deno and Bun: the module's bytes are in the file, and are compiled
// at first use.
import base64 from "postseal:bytes";
import { provide } from "../module.js";

provide(() => new WebAssembly.Module(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))));

export * from "../index.js";
