// Runs the suite in workerd: the receiver at module scope is legal, the tests run inside a handler.
import * as postseal from "postseal";
import * as beside from "./beside.mjs";
import { runAll } from "./suite/all.js";
import vectors from "./vectors.js";

const receiver = new postseal.Receiver({ secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
const atModuleScope = refusal(() => postseal.generateSecret());

export default {
  async test() {
    const { passed, failed } = await runAll({ postseal, ...beside, vectors });
    const own = [
      String(receiver) === 'Receiver { scheme: "standard" }',
      atModuleScope === "entropy_unavailable",
    ];
    const wrong = own.filter((right) => !right).length;
    console.log(`${passed + own.length - wrong} passed, ${failed + wrong} failed`);
    if (failed + wrong > 0) throw new Error("the suite failed");
  },
};

function refusal(call) {
  try {
    call();
  } catch (error) {
    return error.code;
  }
  return undefined;
}
