// jsdom without the setup that the package needs there: the error names it.
import { Receiver } from "postseal";

test("the error names the remedy", () => {
  const receiver = () => new Receiver({ secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
  const remedy = { code: "unsupported_runtime", message: expect.stringContaining("node:util") };
  expect(receiver).toThrow(expect.objectContaining(remedy));
});
