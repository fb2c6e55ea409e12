// The clock and the randomness that the platform gives to the package, as a test wants them for a
// while.

/** Replaces a property until the function that it returns is called. */
export function replaced(object, name, value) {
  const own = Object.getOwnPropertyDescriptor(object, name);
  // As Next's Edge runtime has its globals.
  if (own?.configurable === false) {
    const before = object[name];
    object[name] = value;
    return () => (object[name] = before);
  }
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
  return () => (own === undefined ? delete object[name] : Object.defineProperty(object, name, own));
}

/**
 * Runs with a clock at `now` seconds, with `random(view)` for `crypto.getRandomValues`, and with
 * `timer(run, ms)` for `setTimeout`.
 */
export function withHost(host, run) {
  const undo = hostOf(host);
  try {
    return run();
  } finally {
    undo();
  }
}

/** The same for a call that goes on later. */
export async function whileHost(host, run) {
  const undo = hostOf(host);
  try {
    return await run();
  } finally {
    undo();
  }
}

/** Randomness that is these bytes. */
export function fixed(bytes) {
  return (view) => {
    view.set(bytes);
    return view;
  };
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function hostOf({ now, random, timer }) {
  const undo = [];
  if (now !== undefined) undo.push(replaced(Date, "now", () => now * 1000));
  if (random !== undefined) undo.push(replaced(crypto, "getRandomValues", random));
  if (timer !== undefined) undo.push(replaced(globalThis, "setTimeout", timer));
  return () => undo.forEach((restore) => restore());
}
