// The entry without the module's bytes: the application says where `core.wasm` is, and awaits it.
import identity from "postseal:identity";
import { WebhookError } from "../error.js";
import { adopt, unsupported } from "../module.js";
import type { Bytes } from "../types.js";

export * from "../index.js";

/** Where `core.wasm` is: the module, its bytes, a response with them, or the address of one. */
export type ModuleSource = WebAssembly.Module | Uint8Array | ArrayBuffer | Response | URL | string;

type Given = ModuleSource | PromiseLike<ModuleSource> | undefined;

/** What is being loaded, by its source, so that calls of the same one share it. */
const loading = new Map<Given, Promise<void>>();
let loaded = false;

/**
 * Loads the module: await it before the first use of anything else. Without a source it fetches
 * `core.wasm` from beside this file. What one call has loaded stays, so a later one does nothing;
 * after a failure the next one tries again.
 *
 * Throws `invalid_config` for what is not this version's `core.wasm`, `module_failed` where it
 * cannot be fetched, and `unsupported_runtime` where the platform does not compile it.
 */
export async function init(source?: ModuleSource | PromiseLike<ModuleSource>): Promise<void> {
  if (loaded) return;
  let load = loading.get(source);
  if (load === undefined) {
    load = loadFrom(source).finally(() => loading.delete(source));
    loading.set(source, load);
  }
  try {
    await load;
  } catch (error) {
    // Another call's source has come in the meantime.
    if (!loaded) throw error;
  }
}

async function loadFrom(given: Given): Promise<void> {
  const source = await found(given === undefined ? besideThisFile() : given);
  const module = kind(source) === MODULE ? source : await compile(bytesIn(source));
  if (loaded) return;
  adopt(thisVersions(module as WebAssembly.Module));
  loaded = true;
}

/** The module, if it has this version's mark: every other entry point takes what stands here. */
function thisVersions(module: WebAssembly.Module): WebAssembly.Module {
  if (markOf(module) === identity.fingerprint) return module;
  throw new WebhookError("invalid_config", WRONG_MODULE);
}

function markOf(module: WebAssembly.Module): string | undefined {
  try {
    const [mark] = WebAssembly.Module.customSections(module, "postseal");
    return mark && String.fromCharCode(...new Uint8Array(mark));
  } catch {
    return undefined; // What only calls itself a module.
  }
}

/** CommonJS has no address of its own. */
function besideThisFile(): URL {
  if (import.meta.url === undefined) throw new WebhookError("invalid_config", NO_SOURCE);
  return new URL("./core.wasm", import.meta.url);
}

/** What is given, or what stands at its address. */
async function found(given: unknown): Promise<unknown> {
  try {
    const source = await given;
    const address = kind(source) === "String" || kind(source) === "URL";
    const answer = address ? await fetch(source as string | URL) : source;
    return kind(answer) === "Response" ? await bodyOf(answer as Response) : answer;
  } catch (cause) {
    throw new WebhookError("module_failed", NOT_FOUND, { cause });
  }
}

async function bodyOf(response: Response): Promise<ArrayBuffer> {
  if (!response.ok) throw new Error(`the answer has the status ${response.status}`);
  return response.arrayBuffer();
}

function bytesIn(source: unknown): Bytes {
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength);
  }
  if (kind(source) === "ArrayBuffer") return new Uint8Array(source as ArrayBuffer);
  throw new WebhookError("invalid_config", NO_SOURCE);
}

async function compile(bytes: Bytes): Promise<WebAssembly.Module> {
  // A page that a server answers with for every address, and a file that was cut off, say nothing
  // of the platform.
  if (bytes.byteLength !== identity.bytes) {
    throw new WebhookError("invalid_config", WRONG_MODULE);
  }
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw unsupported(cause);
  }
}

/** `instanceof` does not know what comes from another realm, as in Next's Edge runtime. */
function kind(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

const MODULE = "WebAssembly.Module";
const NO_SOURCE =
  "init takes the WebAssembly.Module of postseal/core.wasm, its bytes, a Response, or a URL; " +
  "CommonJS must give one";
const NOT_FOUND =
  "postseal/core.wasm could not be fetched, for what `cause` says. In Node, whose fetch reads no " +
  "files, give its bytes";
const WRONG_MODULE =
  "this is not the core.wasm of this version of postseal, or not the whole of it";
