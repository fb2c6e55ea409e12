// What React Native gets: every name of the package, and each use says what to do instead.
import { createRequire } from "node:module";
import * as postseal from "postseal";
import * as slim from "postseal/slim";
import { memoryStore } from "postseal/stores";
import { ok, rejectsCode, same, Suite, throwsCode } from "./suite/harness.js";
import { SECRET } from "./suite/known.js";

const suite = new Suite();
const { test } = suite;
const { WebhookError, ...uses } = {
  ...postseal,
  Receiver: () => new postseal.Receiver({ secrets: SECRET }),
  Sender: () => new postseal.Sender({ secrets: SECRET }),
};
const LATER = ["claim", "init"];

test("both entry points are the stub", () => {
  ok(import.meta.resolve("postseal").endsWith("/unsupported.js"), "the root");
  same(import.meta.resolve("postseal/slim"), import.meta.resolve("postseal"));
  ok(slim.Receiver === postseal.Receiver, "one stub");
});
test("it has every name of the package", () => {
  // By path: the condition would give the stub once more.
  const entry = import.meta.resolve("postseal").replace("unsupported.js", "slim.cjs");
  const names = Object.keys(createRequire(import.meta.url)(new URL(entry).pathname));
  same(Object.keys(postseal).sort(), names.sort());
});
for (const [name, use] of Object.entries(uses)) {
  test(`${name} says what to do`, async () => {
    const error = LATER.includes(name)
      ? await rejectsCode(postseal, "unsupported_runtime", use())
      : throwsCode(postseal, "unsupported_runtime", use);
    ok(error.message.includes("on your server"), error.message);
  });
}
test("errors can be told apart, and the stores work", async () => {
  ok(!WebhookError.is(new Error("another")), "no WebhookError");
  same(await memoryStore().swap("a", null, "1", 60), { swapped: true, current: "1" });
});

const { passed, failed } = await suite.run();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
