// The WebAssembly module's state: compiled at first use, thrown away after a trap, made anew for
// what comes later.
import makeGlue from "postseal:glue";
import type { Core } from "./core.js";
import { type ErrorCode, STATUS } from "./codes.js";
import { WebhookError } from "./error.js";

/**
 * One instance with a memory of its own. After a trap it is dead: its memory may be in any state.
 */
export class Instance {
  #core: Core | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Whether a trap has thrown it away. */
  get dead(): boolean {
    return this.#core === undefined;
  }

  /** Runs one call; what is thrown out of it becomes a WebhookError. */
  call<T>(run: (core: Core) => T): T {
    if (this.#core === undefined) {
      throw new WebhookError("module_failed", "the module failed in an earlier call: begin again");
    }
    try {
      return run(this.#core);
    } catch (thrown) {
      const refused = refusal(thrown);
      if (refused !== undefined) throw refused;
      // Whatever else comes out may have left the memory half changed.
      this.#core = undefined;
      if (current === this) current = undefined;
      throw new WebhookError("module_failed", FAILED);
    }
  }

  /** Frees what this instance made; a dead one has nothing left to free. */
  release(handle: { free(): void }): void {
    if (this.#core !== undefined) this.call(() => handle.free());
  }
}

let load = (): WebAssembly.Module => {
  throw new WebhookError("invalid_config", BEFORE_INIT);
};
let compiled: WebAssembly.Module | undefined;
let current: Instance | undefined;

/**
 * An entry point says how the module is loaded, once for each name that needs it, and gives that
 * name out: so a bundler takes the module along with any of them, and leaves it out without.
 * Nothing is compiled before the first use.
 */
export function provide<T>(loader: () => WebAssembly.Module, name: T): T {
  load = loader;
  return name;
}

/** Takes a module that came from elsewhere, and tries it at once: it may be another than ours. */
export function adopt(module: WebAssembly.Module): void {
  current = new Instance(instantiate(() => module));
  compiled = module;
}

/** The instance for a new object. */
export function instance(): Instance {
  return (current ??= new Instance(instantiate(() => (compiled ??= load()))));
}

function instantiate(module: () => WebAssembly.Module): Core {
  try {
    const glue = makeGlue();
    glue.initSync({ module: module() });
    return glue;
  } catch (cause) {
    throw unsupported(cause);
  }
}

/** What a platform throws that does not compile or instantiate the module, as a WebhookError. */
export function unsupported(cause: unknown): WebhookError {
  if (WebhookError.is(cause)) return cause;
  if (cause instanceof RangeError) return new WebhookError("module_failed", NO_MEMORY, { cause });
  const why = globalThis.TextDecoder === undefined ? NO_TEXT_DECODER : UNSUPPORTED;
  return new WebhookError("unsupported_runtime", why, { cause });
}

const BEFORE_INIT =
  "the WebAssembly module is not loaded yet: with postseal/slim, `await init()` comes first";
const NO_MEMORY = "there is no memory left for the WebAssembly module";
const NO_TEXT_DECODER =
  "this environment has no TextDecoder. Jest with jsdom: let a setup file put TextDecoder and " +
  "TextEncoder of node:util on globalThis, or give the test `@jest-environment node`.";
const UNSUPPORTED =
  "this runtime does not compile WebAssembly from bytes. Next.js on Cloudflare: add " +
  'serverExternalPackages: ["postseal"] to its configuration. A page with a ' +
  "Content-Security-Policy: allow 'wasm-unsafe-eval'. React Native has no WebAssembly.";

const FAILED =
  "the WebAssembly module trapped, and the next call has a new one: please report what was called";

/** The core throws `code NUL message`; anything else is no refusal. */
function refusal(thrown: unknown): WebhookError | undefined {
  const [, code, message] = (typeof thrown === "string" && /^(\w+)\0([^]*)$/.exec(thrown)) || [];
  if (code === undefined || message === undefined || !Object.hasOwn(STATUS, code)) return undefined;
  return new WebhookError(code as ErrorCode, message);
}
