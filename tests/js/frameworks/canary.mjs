// A secret, a key and a payload down every path: what a process prints, what peers are answered,
// and what callbacks get has none of them. `canary_paths.mjs` walks the paths, and prints all that.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { spawned } from "../report.mjs";
import { ok, same, Suite } from "../suite/harness.js";
import { forms, found, MARKERS } from "./markers.mjs";

const suite = new Suite();
const { test } = suite;
const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, "canary_paths.mjs");
const walked = await spawned(process.execPath, [program], { cwd: here });
const paths = walked.text.split(/^=== /m).slice(1);

test("canary: the search finds every form", () => {
  for (const [name, marker] of Object.entries(MARKERS)) {
    const bytes = Buffer.from(`x${marker}y`);
    const shown = [
      marker,
      inspect(bytes),
      inspect(new Uint8Array(bytes)),
      JSON.stringify(new Uint8Array(Buffer.from(marker))),
      String(new Uint8Array(bytes)),
      bytes.toString("hex"),
      bytes.toString("base64"),
      Buffer.from(marker).toString("base64"),
      Buffer.from(`xy${marker}`).toString("base64"),
    ];
    for (const text of shown) same(found(text).length > 0 ? text : "found", text);
    same(new Set(found(shown.join("\n"))).size, Object.keys(forms(marker)).length, name);
  }
});
test("canary: all paths are walked", () => {
  ok(walked.ok, walked.text);
  ok(paths.length > 80, `${paths.length} paths`);
  for (const word of ["signature_mismatch", "payload_not_json", "rate_limited", "in_progress"]) {
    ok(walked.text.includes(word), `${word} is among what was printed`);
  }
});
for (const path of paths) {
  const name = path.slice(0, path.indexOf("\n"));
  const control = name.startsWith("control");
  test(`canary: ${name}`, () => {
    const names = found(path);
    if (control) ok(names.length > 0, "the control is found");
    else same(names, [], path);
  });
}

const { passed, failed } = await suite.run();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
