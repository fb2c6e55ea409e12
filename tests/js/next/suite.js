// Runs the suite in a route, and the program of an application; answers with their lines as a
// program prints them.
// By name, since a bundler then looks past an entry point to where a name comes from.
import { claim, generateEncryptionKey, generateSecret, nextAttempt } from "postseal";
import { Receiver, Sender, WebhookError } from "postseal";
import * as beside from "./generated/beside.mjs";
import { run } from "./generated/program/program.js";
import { runAll } from "./generated/suite/all.js";
import vectors from "./generated/vectors.js";

const keys = { generateEncryptionKey, generateSecret };
const postseal = { claim, ...keys, nextAttempt, Receiver, Sender, WebhookError };

export async function answer() {
  const lines = [];
  const print = (line) => lines.push(line);
  const counts = [await runAll({ postseal, ...beside, vectors }, print), await run(print)];
  const sum = (kind) => counts.reduce((all, count) => all + count[kind], 0);
  lines.push(`${sum("passed")} passed, ${sum("failed")} failed`, "");
  return new Response(lines.join("\n"));
}
