// The entry for Node, browsers, Deno and Bun: the module's bytes are in the file, and are compiled
// at first use.
import text from "postseal:bytes";
import { provide } from "../module.js";
import { bytesOf } from "./text.js";

provide(() => new WebAssembly.Module(bytesOf(text)));

export * from "../index.js";
