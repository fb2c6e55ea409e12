// What the package says of itself: its manifest, and where its types are.
import { bin } from "./consumer.mjs";

export async function types({ tarball, folder, report }) {
  const checked = (name, ...args) => report.checked(name, process.execPath, args, { cwd: folder });
  await checked("publint", bin("publint"), "run", tarball, "--strict");
  // Resolution without `exports` (node10) cannot see `postseal/stores`; Node itself has had
  // `exports` since 12. `core.wasm` is no JavaScript.
  const wrong = [tarball, "--profile", "node16", "--exclude-entrypoints", "core.wasm"];
  await checked("are-the-types-wrong", bin("@arethetypeswrong/cli", "attw"), ...wrong);
}
