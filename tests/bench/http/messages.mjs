// What is posted: one signed message for each scheme, and the secrets that the servers know.
import { Sender } from "postseal";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const TEXT_SECRET = "whsec_0123456789abcdef0123456789abcdef";
/** Where @octokit/webhooks listens unless told otherwise; the others listen everywhere. */
export const PATH = "/api/github/webhooks";

const id = "evt_1";

/** The headers of a message, signed now. */
export const SIGNED = {
  standard: (payload) => seal({ secrets: SECRET }, payload),
  stripe: (payload) => seal({ scheme: "stripe", secrets: TEXT_SECRET }, payload),
  github: (payload) => ({
    ...seal({ scheme: "github", secrets: TEXT_SECRET }, payload),
    "X-GitHub-Event": "push",
    "X-GitHub-Delivery": id,
  }),
};

function seal(options, payload) {
  const message = { id, payload, contentType: "application/json" };
  return new Sender(options).seal(message).headers;
}
