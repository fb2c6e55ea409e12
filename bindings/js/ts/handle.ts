// What an object holds in the module: made at once, made anew after a trap, freed when disposed of.
import type { Core } from "./core.js";
import { WebhookError } from "./error.js";
import { type Instance, instance } from "./module.js";

/**
 * A receiver's or sender's part in the module. A trap throws the whole instance away, and with it
 * what others hold in it; an endpoint must not stay down for that, so `make` is kept for the next.
 */
export class Handle<H extends { free(): void }> {
  readonly #name: string;
  #make: ((core: Core) => H) | undefined;
  #instance: Instance;
  #held: H;

  constructor(name: string, make: (core: Core) => H) {
    this.#name = name;
    this.#make = make;
    this.#instance = instance();
    this.#held = this.#instance.call(make);
  }

  /** Throws `stale_handle` once it is disposed of. */
  live(): void {
    if (this.#make !== undefined) return;
    throw new WebhookError(
      "stale_handle",
      `this ${this.#name} has been disposed of: make a new one`,
    );
  }

  /** Runs one call on what is held. */
  call<T>(run: (held: H) => T): T {
    this.live();
    if (this.#instance.dead) {
      this.#instance = instance();
      this.#held = this.#instance.call(this.#make as (core: Core) => H);
    }
    return this.#instance.call(() => run(this.#held));
  }

  /** A thing of its own that a call makes: it is of use as long as the instance lives. */
  make<T extends { free(): void }>(run: (held: H) => T): Made<T> {
    const made = this.call(run);
    return new Made(this.#instance, made);
  }

  /** Frees and wipes it. */
  dispose(): void {
    if (this.#make === undefined) return;
    this.#make = undefined;
    this.#instance.release(this.#held);
  }
}

/** What a call has made in the module. */
export class Made<T extends { free(): void }> {
  readonly #instance: Instance;
  readonly #made: T;

  constructor(instance: Instance, made: T) {
    this.#instance = instance;
    this.#made = made;
  }

  /** It, unless a trap has thrown its instance away: then `module_failed`. */
  get(): T {
    return this.#instance.call(() => this.#made);
  }

  free(): void {
    this.#instance.release(this.#made);
  }
}
