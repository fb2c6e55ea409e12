// The WebAssembly module's state: compiled at first use, thrown away after a trap, made anew for
// what comes later.
import makeGlue from "postseal:glue";
import type { Core } from "./core.js";
import type { ErrorCode } from "./codes.js";
import { WebhookError } from "./error.js";

/**
 * One instance with a memory of its own. After a trap it is dead: its memory may be in any state.
 */
export class Instance {
  #core: Core | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Runs one call; what is thrown out of it becomes a WebhookError. */
  call<T>(run: (core: Core) => T): T {
    if (this.#core === undefined) {
      throw new WebhookError(
        "module_failed",
        "the module failed in an earlier call: make a new object",
      );
    }
    try {
      return run(this.#core);
    } catch (thrown) {
      if (typeof thrown === "string") throw refusal(thrown);
      this.#core = undefined;
      if (current === this) current = undefined;
      throw new WebhookError("module_failed", "the WebAssembly module trapped", { cause: thrown });
    }
  }

  /** Frees what this instance made; a dead one has nothing left to free. */
  release(handle: { free(): void }): void {
    if (this.#core !== undefined) this.call(() => handle.free());
  }
}

let load: (() => WebAssembly.Module) | undefined;
let compiled: WebAssembly.Module | undefined;
let current: Instance | undefined;

/** An entry point says how the module is loaded. Nothing is compiled before the first use. */
export function provide(loader: () => WebAssembly.Module): void {
  load = loader;
}

/** The instance for a new object. */
export function instance(): Instance {
  return (current ??= new Instance(instantiate()));
}

function instantiate(): Core {
  try {
    compiled ??= (load as () => WebAssembly.Module)();
    const glue = makeGlue();
    glue.initSync({ module: compiled });
    return glue;
  } catch (cause) {
    throw new WebhookError("unsupported_runtime", UNSUPPORTED, { cause });
  }
}

const UNSUPPORTED =
  "this runtime does not compile WebAssembly from bytes. Next.js on Cloudflare: add " +
  'serverExternalPackages: ["postseal"] to its configuration. A page with a ' +
  "Content-Security-Policy: allow 'wasm-unsafe-eval'. React Native has no WebAssembly.";

/** The core throws `code NUL message`. */
function refusal(thrown: string): WebhookError {
  const end = thrown.indexOf("\0");
  return new WebhookError(thrown.slice(0, end) as ErrorCode, thrown.slice(end + 1));
}
