// The endpoint of postseal in a Worker.
import { Receiver } from "postseal";

const receiver = new Receiver({ secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
let events = 0;

export default {
  fetch: receiver.handler({
    onDelivery(delivery) {
      if (delivery.json() !== null) events += 1;
    },
  }),
};
