// What the package says of itself: its manifest, where its types are, and how they go
// with those of other libraries. TypeScript's versions are in tests/packaging.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { bin, here } from "./consumer.mjs";

/** Libraries whose types stand beside ours in a user's code. */
const OTHERS = ["stripe", "svix", "valibot", "zod"];

export async function types({ tarball, folder, report }) {
  const checked = (name, ...args) => report.checked(name, process.execPath, args, { cwd: folder });
  await checked("publint", bin("publint"), "run", tarball, "--strict");
  // Resolution without `exports` (node10) cannot see `postseal/stores` and the others; Node itself
  // has had `exports` since 12. `core.wasm` is no JavaScript.
  const wrong = [tarball, "--profile", "node16", "--exclude-entrypoints", "core.wasm"];
  await checked("are-the-types-wrong", bin("@arethetypeswrong/cli", "attw"), ...wrong);
  for (const name of OTHERS) {
    symlinkSync(join(here, "node_modules", name), join(folder, "node_modules", name));
  }
  const project = join(folder, "tsconfig.others.json");
  await checked("types beside others'", bin("typescript", "tsc"), "-p", project);
}
