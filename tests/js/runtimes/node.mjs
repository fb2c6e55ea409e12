// Node 20 (the caller's), 22 and 24: as ES module, as CommonJS, sending, and with `./slim`.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { here } from "../consumer.mjs";

const NODES = [
  process.execPath,
  join(here, "node_modules/node-22/bin/node"),
  join(here, "node_modules/node-24/bin/node"),
];
const PROGRAMS = {
  ESM: "node-esm.mjs",
  CommonJS: "node-cjs.cjs",
  send: "send.mjs",
  "slim ESM": "slim-esm.mjs",
  "slim CommonJS": "slim-cjs.cjs",
};
/** On polluted prototypes, in the oldest and the newest Node alone, since these tests are slow. */
const POLLUTED = { ESM: "pollution/esm.mjs", CommonJS: "pollution/cjs.cjs" };
/** With the libraries that its users and their partners have. */
const BESIDE_OTHERS = ["interop", "instead", "schemas"];

export async function node({ folder, report }) {
  for (const program of NODES) {
    const version = execFileSync(program, ["--version"]).toString().trim();
    for (const [name, file] of Object.entries(PROGRAMS)) {
      await report.counted(`node ${version} ${name}`, program, [file], { cwd: folder });
    }
  }
  for (const [name, file] of Object.entries(POLLUTED)) {
    const program = NODES.at(name === "ESM" ? 0 : -1);
    await report.counted(`polluted prototypes ${name}`, program, [file], { cwd: folder });
    const first = ["pollution/first_use.mjs", name];
    await report.counted(`polluted before the first use ${name}`, program, first, { cwd: folder });
  }
  for (const name of BESIDE_OTHERS) {
    const program = [join(here, `${name}.mjs`), join(folder, "installed.mjs")];
    await report.counted(name, NODES[1], program, { cwd: folder });
  }
}
