// The package's types under each TypeScript that is in use, each library and each resolution.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { entryPoints, here as runtimes } from "../../js/consumer.mjs";
import { command } from "../command.mjs";

const COMPILERS = {
  "5.6": command("typescript-5.6"),
  "5.9": command("typescript", runtimes),
  7: command("typescript-7"),
};
const LIBRARIES = ["es2022", "es2023"];
const RESOLUTIONS = ["nodenext", "bundler"];

export async function typescript({ folder, report }) {
  const cwd = join(folder, "typescript");
  const imports = entryPoints(folder).map((name, at) => `export * as entry${at} from "${name}";\n`);
  writeFileSync(join(cwd, "entry_points.ts"), imports.join(""));
  for (const [version, compiler] of Object.entries(COMPILERS)) {
    for (const library of LIBRARIES) {
      for (const resolution of RESOLUTIONS) {
        const project = ["-p", `tsconfig.${resolution}.json`];
        const args = [compiler, ...project, "--lib", `${library},dom,dom.iterable`];
        const name = `TypeScript ${version}, ${library}, ${resolution}`;
        await report.checked(name, process.execPath, args, { cwd });
      }
    }
  }
}
