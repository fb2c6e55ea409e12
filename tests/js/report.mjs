// Counts what the tests of the packed package report, and says it line by line.
import { spawn } from "node:child_process";

const MINUTES_MAX = 5;

/** How many tests have passed and failed so far. */
export class Report {
  passed = 0;
  failed = 0;

  /** A program that ends with its own count. */
  async counted(name, program, args, options) {
    this.ended(name, await spawned(program, args, options));
  }

  /** A program that is one check. */
  async checked(name, program, args, options) {
    const { ok, text } = await spawned(program, args, options);
    this.check(name, ok, text);
  }

  /** One check, and what to show where it fails. */
  check(name, ok, text) {
    this.#add(name, ok ? 1 : 0, ok ? 0 : 1, text);
  }

  /** What has ended with its own count: without one, or if it ended badly, it has failed too. */
  ended(name, { ok, text }) {
    const [, passed, failed] = [...text.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1) ?? [];
    const broken = passed === undefined || (!ok && failed === "0") ? 1 : 0;
    this.#add(name, Number(passed ?? 0), Number(failed ?? 0) + broken, text);
  }

  /** What this machine lacks: a failure where all must be there, else said and left out. */
  missing(name, why) {
    if (process.env.CI === "true") this.#add(name, 0, 1, why);
    else console.log(`skipped: ${name}: ${why}`);
  }

  #add(name, passed, failed, text) {
    this.passed += passed;
    this.failed += failed;
    if (failed > 0) console.log(text.trimEnd());
    console.log(`  ${name}: ${passed} passed, ${failed} failed`);
  }
}

/** Runs a program to its end: whether it went well, and all that it printed. */
export async function spawned(program, args, options) {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: MINUTES_MAX * 60_000,
    ...options,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  }
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ ok: false, text: String(error) }));
    child.on("close", (status) => resolve({ ok: status === 0, text }));
  });
}
