// A Worker whose bundler took Node's conditions: it says what the first use of the package throws.
import { Receiver, WebhookError } from "postseal";

export default {
  fetch() {
    try {
      const receiver = new Receiver({ secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
      return Response.json({ receiver: String(receiver) });
    } catch (error) {
      const { code, message } = error;
      return Response.json({ is: WebhookError.is(error), code, message });
    }
  },
};
