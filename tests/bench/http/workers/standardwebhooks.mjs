// The endpoint with standardwebhooks in a Worker.
import { Webhook } from "standardwebhooks";

const webhook = new Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
let events = 0;

export default {
  async fetch(request) {
    try {
      const event = webhook.verify(await request.text(), Object.fromEntries(request.headers));
      if (event !== null) events += 1;
      return new Response(null, { status: 204 });
    } catch {
      return new Response(null, { status: 400 });
    }
  },
};
