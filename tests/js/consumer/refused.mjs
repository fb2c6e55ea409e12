// A page whose policy does not allow WebAssembly: an error says which word is missing in it.
import * as postseal from "postseal";
import * as slim from "postseal/slim";
import { ok, rejectsCode, Suite, throwsCode } from "./suite/harness.js";
import { SECRET } from "./suite/known.js";

const suite = new Suite();
const { test } = suite;
const says = ({ message }) => ok(message.includes("'wasm-unsafe-eval'"), message);

test("a receiver", () => {
  const receiver = () => new postseal.Receiver({ secrets: SECRET });
  says(throwsCode(postseal, "unsupported_runtime", receiver));
});
test("a sender", () => {
  says(throwsCode(postseal, "unsupported_runtime", () => new postseal.Sender({ secrets: SECRET })));
});
test("slim", async () => {
  says(await rejectsCode(slim, "unsupported_runtime", slim.init()));
});

const { passed, failed } = await suite.run();
console.log(`${passed} passed, ${failed} failed`);
