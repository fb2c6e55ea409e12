// The folder that the packed package is installed in, with the clients and servers that are
// installed here, and the programs of `consumer` beside it.
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "../consumer.mjs";

export const here = dirname(fileURLToPath(import.meta.url));

/** Makes the folder, and answers with its path. */
export function installed(tarball) {
  const folder = install(tarball);
  cpSync(join(here, "consumer"), folder, { recursive: true });
  link(join(here, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Whether a package is installed here: the optional ones may not be. */
export function has(name) {
  return existsSync(join(here, "node_modules", name, "package.json"));
}

function link(from, to) {
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from).filter((name) => !name.startsWith("."));
  for (const name of names) {
    const [source, target] = [join(from, name), join(to, name)];
    if (!existsSync(target)) symlinkSync(source, target);
    else if (name.startsWith("@")) link(source, target);
  }
}
