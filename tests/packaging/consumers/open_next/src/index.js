// A Worker whose bundler took Node's conditions: it says what the first use of the package throws.
import { Receiver, WebhookError } from "postseal";

export default {
  fetch() {
    try {
      return new Response(String(new Receiver({ secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" })));
    } catch (error) {
      return Response.json({ is: WebhookError.is(error), code: error.code, message: error.message });
    }
  },
};
