// Runs every case on clean prototypes, and then on polluted ones: the outcome must be the same, and
// the package may neither read nor call an inherited member.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Suite } from "../suite/harness.js";
import { replaced } from "../suite/host.js";
import { adapterCases } from "./adapters.js";
import { FakeRequest, FakeResponse, FakeURL } from "./fakes.js";
import { insteadCases } from "./instead.js";
import { NOW } from "./known.js";
import { namesOf } from "./names.js";
import { openingCases } from "./opening.js";
import { calls, pollute, watch, WAYS, WAYS_OF_ONE } from "./polluted.js";
import { sendingCases } from "./sending.js";
import { storeCases } from "./stores.js";

const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), "../node_modules/postseal");
const PROTOTYPES = { Object: Object.prototype, Array: Array.prototype };

/**
 * `load` loads an entry point by name, as an ES module or as CommonJS. With a word on the command
 * line, only the tests whose name contains it run.
 */
export async function run(load) {
  const loaded = Object.create(null);
  for (const name of entryPoints()) loaded[name] = await load(name);
  const undo = deterministic();
  const topics = [openingCases, sendingCases, adapterCases, storeCases, insteadCases];
  const cases = topics
    .flatMap((topic) => Object.entries(topic(loaded)))
    .map(([name, run]) => ({ name, run }));
  const suite = new Suite();
  const [, , word = ""] = process.argv;
  const test = (name, run) => (name.includes(word) ? suite.test(name, run) : undefined);
  await tests(test, cases);
  const { passed, failed } = await suite.run();
  undo();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** All entry points but `slim`: it is the root with a module that the caller gives. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  return Object.keys(exports)
    .filter((path) => exports[path].import !== undefined && path !== "./slim")
    .map((path) => path.replace(".", "postseal"));
}

async function tests(test, cases) {
  const names = namesOf(join(PACKAGE, "dist"));
  const expected = await outcomes(cases);
  test("the outcomes are reproducible", async () => differ(expected, await outcomes(cases)));
  for (const [kind, prototype] of Object.entries(PROTOTYPES)) {
    test(`${kind}.prototype: nothing of it is read`, async () => {
      const seen = new Set();
      await outcomes(cases, () => watch(prototype, names.all, seen));
      if (seen.size > 0) throw new Error([...seen].join("\n"));
    });
    for (const [what, way] of Object.entries(WAYS)) {
      test(`${kind}.prototype: every name at once, ${what}`, () =>
        unchanged(cases, expected, () => pollute(prototype, names.all, way)));
    }
  }
  for (const name of names.declared) {
    for (const what of WAYS_OF_ONE) {
      test(`Object.prototype.${name}: ${what}`, () =>
        unchanged(cases, expected, () => pollute(Object.prototype, [name], WAYS[what])));
    }
  }
}

async function unchanged(cases, expected, polluted) {
  calls.count = 0;
  differ(expected, await outcomes(cases, polluted));
  if (calls.count > 0) throw new Error("a function of the prototype was called");
}

function differ(expected, actual) {
  const changed = Object.keys(expected).filter((name) => expected[name] !== actual[name]);
  if (changed.length === 0) return;
  const lines = changed.map((name) => `${name}: ${actual[name]}, expected ${expected[name]}`);
  throw new Error(lines.slice(0, 5).join("\n"));
}

/** The outcome of each case, as text. The prototypes are polluted while the cases run. */
async function outcomes(cases, polluted = () => () => {}) {
  const given = Object.create(null);
  const clean = polluted();
  try {
    for (const { name, run } of cases) {
      random = 0;
      printed = undefined;
      try {
        given[name] = [await run(), printed];
      } catch (error) {
        given[name] = error;
      }
    }
  } finally {
    clean();
  }
  for (const name of Object.keys(given)) given[name] = text(given[name]);
  return given;
}

function text(outcome) {
  return JSON.stringify(outcome, (_, value) => {
    if (ArrayBuffer.isView(value)) return Array.from(value);
    if (!(value instanceof Error)) return value;
    const { name, code, message, status, cause } = value;
    return { name, code, message, status, cause };
  });
}

let random = 0;
/** The last line that the package wrote on the console. */
let printed;

/** A fixed clock and random sequence, and fakes of the platform's classes that read options. */
function deterministic() {
  const undo = [
    replaced(Date, "now", () => NOW * 1000),
    replaced(Math, "random", () => 0),
    replaced(crypto, "getRandomValues", (view) => view.fill((random += 1))),
    replaced(globalThis, "Request", FakeRequest),
    replaced(globalThis, "Response", FakeResponse),
    replaced(globalThis, "URL", FakeURL),
    // Node's own streams and timers break on some polluted names.
    replaced(console, "error", (line) => void (printed = line)),
    replaced(globalThis, "setTimeout", () => 0),
    replaced(globalThis, "clearTimeout", () => {}),
  ];
  return () => undo.forEach((restore) => restore());
}
