// Runs the suite in a route, and answers with its lines as a program prints them.
// By name, since a bundler then looks past an entry point to where a name comes from.
import { claim, generateEncryptionKey, generateSecret, nextAttempt } from "postseal";
import { Receiver, Sender, WebhookError } from "postseal";
import * as beside from "./generated/beside.mjs";
import { runAll } from "./generated/suite/all.js";
import vectors from "./generated/vectors.js";

const keys = { generateEncryptionKey, generateSecret };
const postseal = { claim, ...keys, nextAttempt, Receiver, Sender, WebhookError };

export async function answer() {
  const lines = [];
  const { passed, failed } = await runAll({ postseal, ...beside, vectors }, (line) =>
    lines.push(line),
  );
  return new Response([...lines, `${passed} passed, ${failed} failed`, ""].join("\n"));
}
