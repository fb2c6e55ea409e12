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
    if (cause instanceof RangeError) throw new WebhookError("module_failed", NO_MEMORY, { cause });
    throw new WebhookError("unsupported_runtime", UNSUPPORTED, { cause });
  }
}

const NO_MEMORY = "there is no memory left for the WebAssembly module";
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
