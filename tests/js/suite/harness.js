// A test runner and assertions of a few lines, so that the suite runs wherever JavaScript does.

/** Collects tests, runs them one after another, and counts. */
export class Suite {
  #tests = [];

  test = (name, run) => this.#tests.push({ name, run });

  async run(print = console.log) {
    const failures = [];
    for (const { name, run } of this.#tests) {
      try {
        await run();
      } catch (error) {
        failures.push(name);
        print(`FAILED ${name}: ${error?.stack ?? error}`);
      }
    }
    return { passed: this.#tests.length - failures.length, failed: failures.length };
  }
}

export function ok(value, what) {
  if (!value) throw new Error(`expected: ${what}`);
}

/** Equal as JSON, with bytes as lists of numbers. */
export function same(actual, expected, what = "value") {
  const [left, right] = [text(actual), text(expected)];
  if (left !== right) throw new Error(`${what} is ${left}, expected ${right}`);
}

/** The error of a call that must throw a WebhookError with this code. */
export function throwsCode(postseal, code, call) {
  return coded(postseal, code, catching(call));
}

export async function rejectsCode(postseal, code, promise) {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  return coded(postseal, code, error);
}

function coded(postseal, code, error) {
  if (error === undefined) throw new Error(`nothing was thrown, expected ${code}`);
  if (!postseal.WebhookError.is(error)) throw error;
  if (error.code !== code) throw new Error(`expected ${code}, got ${error.code}: ${error.message}`);
  return error;
}

function catching(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

function text(value) {
  const plain = (_, inner) => (ArrayBuffer.isView(inner) ? Array.from(inner) : inner);
  return value === undefined ? "undefined" : JSON.stringify(value, plain);
}

/** An error's stack without the places in it, whose numbers may have the digits of a payload. */
export function stackOf(error) {
  return String(error.stack).replaceAll(/:\d+/g, ":");
}
