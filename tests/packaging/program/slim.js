// `postseal/slim` in a page: `core.wasm` is where the bundler has put it.
import { init, Receiver, Sender } from "postseal/slim";
import { same } from "./harness.js";

export function slim({ test }) {
  test("slim fetches its module", async () => {
    await init();
    const secrets = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const { headers, body } = new Sender({ secrets }).seal({ id: "evt_1", payload: "x" });
    same(new Receiver({ secrets }).open(headers, body).id, "evt_1");
  });
}
