// What the package says of itself: its manifest, and its types under each way of resolution.
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
  for (const name of ["nodenext", "bundler", "others"]) {
    const project = join(folder, `tsconfig.${name}.json`);
    await checked(`types under ${name}`, bin("typescript", "tsc"), "-p", project);
  }
}
