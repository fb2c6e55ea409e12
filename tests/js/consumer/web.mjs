// Runs the suite where there is nothing but web standards: Deno, Bun, a page, a bundle.
// By name, since a bundler then looks past an entry point to where a name comes from.
import { claim, generateEncryptionKey, generateSecret, nextAttempt } from "postseal";
import { Receiver, Sender, WebhookError } from "postseal";
import * as beside from "./beside.mjs";
import { runAll } from "./suite/all.js";
import vectors from "./vectors.js";

const keys = { generateEncryptionKey, generateSecret };
const postseal = { claim, ...keys, nextAttempt, Receiver, Sender, WebhookError };

const { passed, failed } = await runAll({ postseal, ...beside, vectors });
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) throw new Error("the suite failed");
